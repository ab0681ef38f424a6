//! A host that was out begins with a part of its share, and gets more of it with time.
//!
//! A process that has just been started has cold caches and models to load, and one that was overwhelmed would be so
//! again if everything came back at once. The share grows in a straight line, from a tenth to all of it within ten
//! seconds. It counts against the other hosts only: where all of them are back at the same time, all are equal.

use std::time::Duration;

use tokio::time::Instant;

/// What it begins with.
pub(crate) const FLOOR: f64 = 0.1;
const WINDOW: Duration = Duration::from_secs(10);

/// Since when a host is back, if it ever was out.
#[derive(Debug, Default)]
pub(crate) struct SlowStart(Option<Instant>);

impl SlowStart {
    /// It is back, or has just come.
    pub(crate) fn begin(&mut self, now: Instant) {
        self.0 = Some(now);
    }

    /// The part of its share of the calls that it is given, [`FLOOR`] to 1.
    pub(crate) fn share(&self, now: Instant) -> f64 {
        let Some(back) = self.0 else { return 1.0 };
        let passed = now.saturating_duration_since(back).as_secs_f64() / WINDOW.as_secs_f64();
        FLOOR + (1.0 - FLOOR) * passed.min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_grows_in_a_straight_line() {
        let now = Instant::now();
        let start = SlowStart(Some(now));
        let shares = [0, 5, 10, 100].map(|seconds| start.share(now + Duration::from_secs(seconds)));
        assert_eq!(shares, [0.1, 0.55, 1.0, 1.0]);
        assert_eq!(SlowStart::default().share(now), 1.0);
    }

    proptest! {
        #[test]
        fn it_never_shrinks_and_stays_in_its_bounds(early in 0u64..20_000, more in 0u64..20_000) {
            let now = Instant::now();
            let at = |millis: u64| SlowStart(Some(now)).share(now + Duration::from_millis(millis));
            prop_assert!(FLOOR <= at(early) && at(early) <= at(early + more) && at(early + more) <= 1.0);
        }
    }
}
