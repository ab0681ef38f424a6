//! Waits that hardly ever come to their end: how long an answer may take before somebody looks after it.
//!
//! Every request has such waits, and nearly every one is over before they are. Setting up a timer that is due before all
//! others wakes the runtime, a fifth of what a short request costs; putting off one that runs costs nothing. So
//! timers are kept, still running, for the next request. Each kind of wait has its own, lest they be brought forward.
//!
//! A timer holds on to its runtime. So once its bridge is closed none is kept, however long somebody holds the bridge.

use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use tokio::time::{Instant, Sleep, sleep_until};

/// Timers that are kept. More are in use where more requests are in flight.
const KEPT: usize = 256;

/// See the module. To be used on one runtime only.
#[derive(Debug)]
pub(crate) struct Alarms(Mutex<Kept>);

/// `None` once none is kept any more.
type Kept = Option<Vec<Timer>>;
type Timer = Pin<Box<Sleep>>;

impl Default for Alarms {
    fn default() -> Self {
        Self(Mutex::new(Some(Vec::new())))
    }
}

impl Alarms {
    /// From now on none is kept.
    pub(crate) fn close(&self) {
        drop(self.change(Option::take));
    }

    /// Waits until then.
    pub(crate) async fn sleep_until(&self, end: Instant) {
        let mut alarm = Alarm { kept: self, timer: Some(self.take(end)) };
        if let Some(timer) = &mut alarm.timer {
            timer.as_mut().await;
        }
    }

    fn take(&self, end: Instant) -> Timer {
        match self.change(|kept| kept.as_mut()?.pop()) {
            Some(mut timer) => {
                timer.as_mut().reset(end);
                timer
            }
            None => Box::pin(sleep_until(end)),
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Kept) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A timer in use, which goes back when the wait is over or given up.
struct Alarm<'a> {
    kept: &'a Alarms,
    timer: Option<Timer>,
}

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        let timer = self.timer.take();
        // One too many goes when the lock is free again: its waker may be the last to hold a task, and that another alarm.
        drop(self.kept.change(|kept| match kept {
            Some(kept) if kept.len() < KEPT => {
                kept.extend(timer);
                None
            }
            _ => timer,
        }));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::future::join_all;
    use tokio::time::timeout;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn kept(alarms: &Alarms) -> usize {
        alarms.change(|kept| kept.as_ref().map_or(0, Vec::len))
    }

    #[tokio::test(start_paused = true)]
    async fn none_is_kept_once_they_are_closed_not_even_those_in_use() {
        let alarms = Alarms::default();
        alarms.sleep_until(Instant::now()).await;
        assert_eq!(kept(&alarms), 1);
        let close = async { alarms.close() };
        tokio::join!(alarms.sleep_until(Instant::now() + SECOND), alarms.sleep_until(Instant::now()), close);
        assert_eq!(kept(&alarms), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_when_it_should_whatever_its_timer_was_set_to_before() {
        let alarms = Alarms::default();
        for (given_up, seconds) in [(9, 3), (5, 7), (2, 2)] {
            let long = alarms.sleep_until(Instant::now() + given_up * SECOND);
            assert!(timeout(SECOND, long).await.is_err(), "{given_up} s were over after one");
            let end = Instant::now() + seconds * SECOND;
            alarms.sleep_until(end).await;
            assert_eq!(Instant::now(), end);
        }
        assert_eq!(kept(&alarms), 1, "one timer did it all");
    }

    #[tokio::test(start_paused = true)]
    async fn waits_at_the_same_time_have_timers_of_their_own() {
        let (alarms, begun) = (Alarms::default(), Instant::now());
        let waits = [3, 1, 2].map(async |seconds| {
            alarms.sleep_until(begun + seconds * SECOND).await;
            begun.elapsed() == seconds * SECOND
        });
        assert_eq!(join_all(waits).await, [true; 3]);
        assert_eq!(kept(&alarms), 3);
    }
}
