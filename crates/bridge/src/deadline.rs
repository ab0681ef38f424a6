//! The one deadline of a call, shared by all its attempts.

use std::time::Duration;

use tokio::time::Instant;

/// Shortest timeout; what a caller gives below it would read as none at all.
const SHORTEST: Duration = Duration::from_nanos(1);
/// Longest timeout; a longer one would only overflow the clock.
const LONGEST: Duration = Duration::from_secs(86_400);

/// When a call must have ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    at: Instant,
    /// How long the call was given.
    timeout: Duration,
}

impl Deadline {
    pub(crate) fn after(now: Instant, timeout: Duration) -> Self {
        let timeout = timeout.clamp(SHORTEST, LONGEST);
        Self { at: now + timeout, timeout }
    }

    pub(crate) fn instant(self) -> Instant {
        self.at
    }

    /// How long the call was given, which is never nothing.
    pub(crate) fn timeout(self) -> Duration {
        self.timeout
    }

    /// Milliseconds left, as the `x-request-deadline-ms` header carries them: rounded up, never 0 before the end.
    pub(crate) fn millis_left(self, now: Instant) -> u64 {
        let left = self.at.saturating_duration_since(now);
        u64::try_from(left.as_micros().div_ceil(1000)).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_shrinks_to_zero() {
        let now = Instant::now();
        let deadline = Deadline::after(now, Duration::from_millis(1500));
        assert_eq!(deadline.millis_left(now), 1500);
        assert_eq!(deadline.millis_left(now + Duration::from_micros(1_499_500)), 1);
        assert_eq!(deadline.millis_left(now + Duration::from_secs(9)), 0);
    }

    #[test]
    fn the_timeout_is_what_was_given_within_bounds() {
        let given = |timeout| Deadline::after(Instant::now(), timeout).timeout();
        assert_eq!(given(Duration::from_millis(1500)), Duration::from_millis(1500));
        assert_eq!((given(Duration::ZERO), given(Duration::MAX)), (SHORTEST, LONGEST));
    }
}
