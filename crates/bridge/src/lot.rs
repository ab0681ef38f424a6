//! Items of a call that go the same way: what they have been through, and what follows from it.
//!
//! A lot is whole at first. Slices are cut from its front; one that fails comes back as a lot of its own, with the
//! hosts it has tried, and may be cut again for the host that takes it next.

use std::ops::Range;
use std::time::Duration;

use tokio::time::Instant;

use crate::fault::Fault;
use crate::host_id::HostId;
use crate::outcome::Outcome;
use crate::tried::Tried;

/// How often each host may fail a lot.
const ROUNDS: usize = 2;
/// Shortest pause before the same host is asked again, whatever it says.
const SHORTEST_PAUSE: Duration = Duration::from_millis(200);

/// See the module.
#[derive(Debug)]
pub(crate) struct Lot {
    pub(crate) items: Range<usize>,
    pub(crate) tried: Tried,
    /// How often it was sent.
    pub(crate) asked: u32,
    /// The next attempt repeats work, so that the retry budget pays for it.
    retrying: bool,
    /// It rests until then.
    pub(crate) not_before: Option<Instant>,
    /// Entries that a slice of it may have: a body was too large.
    pub(crate) most: usize,
    rounds_left: usize,
}

impl Lot {
    /// All items of a call.
    pub(crate) fn new(items: usize) -> Self {
        Self {
            items: 0..items,
            tried: Tried::default(),
            asked: 0,
            retrying: false,
            not_before: None,
            most: usize::MAX,
            rounds_left: ROUNDS - 1,
        }
    }

    /// Takes the items before `end` off its front.
    pub(crate) fn cut(&mut self, end: usize) -> Self {
        let items = self.items.start..end;
        self.items.start = end;
        Self { items, tried: self.tried.clone(), not_before: None, ..*self }
    }

    /// Whether it rests, and until when.
    pub(crate) fn resting(&self, now: Instant) -> Option<Instant> {
        self.not_before.filter(|&until| until > now)
    }

    /// Whether the next attempt is paid for: `withdraw` takes it from the retry budget where it repeats work. What
    /// failed is paid for once, however many slices are made of it.
    pub(crate) fn pay(&mut self, withdraw: impl FnOnce() -> bool) -> bool {
        self.retrying = self.retrying && !withdraw();
        !self.retrying
    }

    /// Draws the consequences from an attempt that didn't serve it.
    pub(crate) fn take_in(&mut self, host: HostId, outcome: &Outcome, now: Instant) {
        self.retrying = matches!(outcome, Outcome::Failed(Fault { status: Some(_), .. }));
        match outcome {
            // For how long is the pool's to say, which hears when it has been started again.
            Outcome::Overloaded { draining: true, .. } => {
                self.tried.not_before(host, now + SHORTEST_PAUSE);
            }
            Outcome::ModelLoading { pause, .. } | Outcome::Overloaded { pause, .. } => {
                self.tried.not_before(host, now + SHORTEST_PAUSE.max(*pause));
            }
            Outcome::Failed(_) => self.tried.failed(host),
            _ => self.tried.bar(host),
        }
    }

    /// Begins the next round, if there is one: hosts that failed may be asked again.
    pub(crate) fn next_round(&mut self) -> bool {
        let more = self.rounds_left > 0 && self.tried.forgive();
        self.rounds_left -= usize::from(more);
        self.retrying |= more;
        more
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_remembers_what_its_lot_has_been_through() {
        let (mut lot, now) = (Lot::new(10), Instant::now());
        let failed = Outcome::Failed(Fault::new("server_error", Some(500), "no"));
        lot.take_in(HostId::new(0), &failed, now);
        let slice = lot.cut(4);
        assert_eq!((slice.items.clone(), lot.items.clone()), (0..4, 4..10));
        assert!(slice.retrying && !slice.tried.allows(HostId::new(0)));
        assert!(slice.tried.is_fresh(HostId::new(1)));
    }

    #[test]
    fn each_host_may_fail_twice() {
        let (mut lot, now) = (Lot::new(1), Instant::now());
        let lost = Outcome::Failed(Fault::new("connection_lost", None, "no"));
        lot.take_in(HostId::new(0), &lost, now);
        assert!(!lot.retrying, "nothing was done that would be repeated");
        assert!(lot.next_round() && lot.retrying && lot.tried.allows(HostId::new(0)));
        lot.take_in(HostId::new(0), &lost, now);
        assert!(!lot.next_round());
    }
}
