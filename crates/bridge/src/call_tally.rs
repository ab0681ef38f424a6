//! What a bridge's calls have come to, and how long they took.

use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use gpu_bridge_metrics::{Tally, Timings};
use tokio::time::Instant;

use crate::error::Error;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct CallTally(Mutex<Calls>);

/// The counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Calls {
    /// Calls that ended, by route and `ok` or the error's code.
    pub(crate) ended: Tally<(&'static str, &'static str)>,
    /// Calls that began, by route.
    pub(crate) begun: Tally<&'static str>,
    /// Seconds a call took, however it ended, by route.
    pub(crate) durations: Timings,
}

impl CallTally {
    /// Counts a call, from now until it ends or is dropped.
    pub(crate) fn count<T>(
        &self,
        route: &'static str,
        call: impl Future<Output = Result<T, Error>>,
    ) -> impl Future<Output = Result<T, Error>> {
        let running = self.begin(route, Instant::now());
        call.map(|result| running.end(result))
    }

    fn begin(&self, route: &'static str, now: Instant) -> Running<'_> {
        self.lock().begun.count(route);
        Running { tally: self, route, begun: now, outcome: "dropped" }
    }

    /// The counts now.
    pub(crate) fn read(&self) -> Calls {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Calls {
    /// Calls that have begun and not ended, by route.
    pub(crate) fn running(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let ended = |route| self.ended.iter().filter(move |((other, _), _)| *other == route);
        let ended = move |route| ended(route).map(|(_, count)| count).sum::<u64>();
        self.begun.iter().map(move |(route, begun)| (route, begun.saturating_sub(ended(route))))
    }
}

/// A call that has begun. Dropped before its end, it counts as `dropped`.
#[derive(Debug)]
struct Running<'a> {
    tally: &'a CallTally,
    route: &'static str,
    begun: Instant,
    outcome: &'static str,
}

impl Running<'_> {
    /// The call is over.
    pub(crate) fn end<T>(mut self, result: Result<T, Error>) -> Result<T, Error> {
        self.outcome = result.as_ref().map_or_else(Error::code, |_| "ok");
        result
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let (took, mut calls) = (self.begun.elapsed(), self.tally.lock());
        calls.ended.count((self.route, self.outcome));
        calls.durations.observe(self.route, took);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_ends_once_and_one_that_is_dropped_as_well() {
        let (tally, now) = (CallTally::default(), Instant::now());
        let (first, second, third) =
            (tally.begin("/embed", now), tally.begin("/embed", now), tally.begin("/embed", now));
        let _ = first.end(Ok(()));
        let _ = second.end::<()>(Err(Error::input("no")));
        assert_eq!(tally.read().running().collect::<Vec<_>>(), [("/embed", 1)]);
        drop(third);
        let calls = tally.read();
        let ended = ["ok", "invalid_input", "dropped"].map(|outcome| calls.ended.of(("/embed", outcome)));
        assert_eq!((ended, calls.running().next()), ([1, 1, 1], Some(("/embed", 0))));
        assert_eq!(
            calls.durations.iter().map(|(route, seen)| (route, seen.count())).collect::<Vec<_>>(),
            [("/embed", 3)]
        );
    }
}
