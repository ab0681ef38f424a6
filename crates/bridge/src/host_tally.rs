//! What one host has been asked and has done since it is in the pool.
//!
//! Counted under the pool's lock, which is held at those moments anyway; a host that goes takes its counts along. What a
//! host is like now is [`Host`](crate::host::Host)'s.

use std::time::Duration;

use gpu_bridge_metrics::{Tally, Timings};

use crate::outcome::Outcome;
use crate::reason::Reason;

/// A request that ended because its call went away: aborted, out of time, or served by another host first.
const GIVEN_UP: &str = "given_up";

/// See the module.
#[derive(Debug, Clone, Default)]
pub(crate) struct HostTally {
    /// Requests that ended, by route and outcome.
    pub(crate) requests: Tally<(&'static str, &'static str)>,
    /// The same, by route and why they were sent.
    pub(crate) attempts: Tally<(&'static str, &'static str)>,
    /// Copies of other hosts' requests that were the first to be served, by route.
    pub(crate) hedges_won: Tally<&'static str>,
    /// What went wrong, by code.
    pub(crate) faults: Tally<&'static str>,
    /// Tokens of what was served, by route: the host's own where it counts them, else estimated.
    pub(crate) tokens: Tally<&'static str>,
    /// Seconds that what was served took, by route.
    pub(crate) durations: Timings,
    /// Health checks, by what came of them.
    pub(crate) checks: Tally<&'static str>,
    /// How often it changed for the better or the worse, by what it changed to.
    pub(crate) turns: Tally<&'static str>,
}

impl HostTally {
    /// A request ended. `outcome` is `None` where the call went away.
    pub(crate) fn ended(
        &mut self,
        route: &'static str,
        reason: Reason,
        outcome: Option<&Outcome>,
        took: Duration,
    ) {
        self.requests.count((route, outcome.map_or(GIVEN_UP, Outcome::as_str)));
        self.attempts.count((route, reason.as_str()));
        if let Some(fault) = outcome.and_then(Outcome::fault) {
            self.faults.count(fault.code);
        }
        if let Some(Outcome::Served) = outcome {
            self.durations.observe(route, took);
            self.hedges_won.add(route, u64::from(reason == Reason::Hedge));
        }
    }

    /// Requests that ended and were sent for that reason.
    pub(crate) fn sent_as(&self, reason: Reason) -> u64 {
        let alike = self.attempts.iter().filter(|((_, word), _)| *word == reason.as_str());
        alike.map(|(_, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;

    #[test]
    fn a_request_counts_once_for_each_thing_it_tells() {
        let (mut tally, took) = (HostTally::default(), Duration::from_millis(20));
        let failed = Outcome::Failed(Fault::new("unreachable", None, "no"));
        tally.ended("/embed", Reason::First, Some(&failed), took);
        tally.ended("/embed", Reason::Retry, Some(&Outcome::Served), took);
        tally.ended("/embed", Reason::Hedge, Some(&Outcome::Served), took);
        tally.ended("/rerank", Reason::Hedge, None, took);
        let requests = [("/embed", "failed"), ("/embed", "served"), ("/rerank", GIVEN_UP)]
            .map(|key| tally.requests.of(key));
        assert_eq!(requests, [1, 2, 1]);
        assert_eq!((tally.faults.of("unreachable"), tally.faults.sum()), (1, 1));
        assert_eq!((tally.sent_as(Reason::Hedge), tally.hedges_won.sum()), (2, 1));
        let timed: Vec<_> = tally.durations.iter().map(|(route, seen)| (route, seen.count())).collect();
        assert_eq!(timed, [("/embed", 2)], "only what was served is timed");
    }
}
