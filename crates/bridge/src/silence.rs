//! How long a host has had requests of ours and answered none.
//!
//! That one request is given up on says nothing of its host, for work may take longer than anyone waits. But where a host
//! has had work for [`LONG`] and answered nothing at all, the request was in vain, however little patience its caller had.
//! Time in which the host had no work doesn't count.

use std::time::Duration;

use tokio::time::Instant;

/// Longer than a host that isn't overloaded leaves all its callers without any answer.
const LONG: Duration = Duration::from_secs(5);

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Silence {
    lasted: Duration,
    /// The end of what has been counted.
    counted: Option<Instant>,
    /// When it last answered a request, whatever it said.
    answered: Option<Instant>,
}

impl Silence {
    /// The host has answered.
    pub(crate) fn end(&mut self, now: Instant) {
        *self = Self { answered: Some(now), ..Self::default() };
    }

    /// A request that was sent at `begun` was given up on. Says how long the host has been silent by then, if the request was
    /// in vain.
    pub(crate) fn go_on(&mut self, begun: Instant, now: Instant) -> Option<Duration> {
        if self.answered.is_some_and(|at| at >= begun) {
            return None;
        }
        let from = self.counted.map_or(begun, |counted| counted.max(begun));
        self.lasted += now.saturating_duration_since(from);
        self.counted = Some(now);
        (self.lasted >= LONG).then_some(self.lasted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_is_the_time_in_which_it_had_work_and_answered_nothing() {
        let (mut silence, begun) = (Silence::default(), Instant::now());
        let at = |millis| begun + Duration::from_millis(millis);
        assert_eq!(silence.go_on(at(0), at(2_000)), None);
        assert_eq!(silence.go_on(at(1_000), at(3_000)), None, "of two at a time, once");
        assert_eq!(silence.go_on(at(60_000), at(61_999)), None, "not the minute between");
        assert_eq!(silence.go_on(at(61_999), at(62_000)), Some(LONG));
        silence.end(at(62_500));
        assert_eq!(silence.go_on(at(62_000), at(99_000)), None, "something was answered meanwhile");
        assert_eq!(silence.go_on(at(62_600), at(68_000)), Some(Duration::from_millis(5_400)));
    }
}
