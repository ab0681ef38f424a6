//! Hedging: a request that takes a host longer than it takes for nineteen of twenty such gets a copy on another host.
//!
//! The first answer wins and the other request is dropped. Copies are paid from what all requests deposit, so that
//! they stay a share of them however many hosts are slow. A copy goes out only where the other host would be done
//! with it in the time that has been waited already: it then costs no more than the wait did.

use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::alarms::Alarms;
use crate::copy::Copy;
use crate::lease::{Lease, Sent};
use crate::pool::Pool;
use crate::tried::Tried;

/// Copies that may be saved up for.
const SAVED: f64 = 10.0;
/// Sums of shares are off by a little.
const ROUNDING: f64 = 1e-9;
/// How soon another host is looked for again, as a part of what has been waited.
const AGAIN: f64 = 0.25;
/// At least.
const SHORTEST: Duration = Duration::from_millis(5);

/// See the module.
#[derive(Debug)]
pub(crate) struct Hedging {
    /// What a request deposits, in copies.
    share: f64,
    saved: Mutex<f64>,
    alarms: Alarms,
}

impl Hedging {
    /// `percent`: copies for every hundred requests, 0 to 100.
    pub(crate) fn new(percent: f32) -> Self {
        Self { share: f64::from(percent) / 100.0, saved: Mutex::new(0.0), alarms: Alarms::default() }
    }

    /// No copy is waited for any more.
    pub(crate) fn close(&self) {
        self.alarms.close();
    }

    /// Notes a request that is no copy.
    pub(crate) fn deposit(&self) {
        self.change(|saved| *saved = (*saved + self.share).min(SAVED));
    }

    /// Copies that may be sent at once.
    pub(crate) fn left(&self) -> f64 {
        self.change(|saved| *saved)
    }

    fn withdraw(&self) -> bool {
        self.change(|saved| {
            let enough = *saved >= 1.0 - ROUNDING;
            *saved -= f64::from(u8::from(enough));
            enough
        })
    }

    fn change<T>(&self, change: impl FnOnce(&mut f64) -> T) -> T {
        change(&mut self.saved.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends when a copy should go out, with the host for it. Never ends where there is no reason for one. `entries`
    /// is what a host counts for the request.
    pub(crate) async fn due(&self, pool: &Arc<Pool>, sent: &Sent, tried: &Tried, entries: usize) -> Lease {
        if self.share == 0.0 {
            return pending().await;
        }
        loop {
            let Some(late) = pool.late_at(sent) else { return pending().await };
            let now = Instant::now();
            if late > now {
                self.alarms.sleep_until(late).await;
                continue;
            }
            let waited = now - sent.begun;
            let wanted = Copy { of: sent, tried, entries, within: waited };
            if let Some(copy) = pool.copy(&wanted, || self.withdraw(), now) {
                return copy;
            }
            sleep(waited.mul_f64(AGAIN).max(SHORTEST)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_a_share_of_the_requests() {
        let hedging = Hedging::new(5.0);
        let mut copies = 0;
        for requests in 1..=1000 {
            hedging.deposit();
            copies += usize::from(hedging.withdraw());
            assert!(copies * 100 <= requests * 5, "{copies} copies of {requests} requests");
        }
        assert_eq!(copies, 50);
    }

    #[test]
    fn no_more_than_a_few_are_saved_up() {
        let hedging = Hedging::new(5.0);
        (0..10_000).for_each(|_| hedging.deposit());
        assert_eq!((0..100).filter(|_| hedging.withdraw()).count(), 10);
    }
}
