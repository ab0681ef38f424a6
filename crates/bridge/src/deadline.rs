//! The one deadline of a call, shared by all its attempts.

use std::time::Duration;

use tokio::time::Instant;

/// Longest timeout; a longer one would only overflow the clock.
const LONGEST: Duration = Duration::from_secs(86_400);

/// When a call must have ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    pub(crate) fn after(now: Instant, timeout: Duration) -> Self {
        Self(now + timeout.min(LONGEST))
    }

    pub(crate) fn instant(self) -> Instant {
        self.0
    }

    /// Milliseconds left, as the `x-request-deadline-ms` header carries them: rounded up, never 0 before the end.
    pub(crate) fn millis_left(self, now: Instant) -> u64 {
        let left = self.0.saturating_duration_since(now);
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
}
