//! How many estimated tokens a second a host gets through, measured over what it served.
//!
//! The figure is a ratio of two sums, so that a long request counts for more than a short one. The time of a request
//! is that since it was sent or, where that is later, since the host's answer before it: of two requests in flight
//! the second waits for the first, and its wait is none of its own time. Both sums fade with work done, so that the
//! last seconds of work make the figure, and with idleness, so that an old verdict gives way to what is thought of a
//! host that wasn't measured, and one that was slow once is tried again.

use std::time::Duration;

use tokio::time::Instant;

/// Work after which what was measured before counts half.
const HALF_LIFE_OF_WORK: Duration = Duration::from_secs(1);
/// Idleness after which what was measured counts half against the prior.
const HALF_LIFE_OF_REST: Duration = Duration::from_secs(30);
/// Seconds of work at the prior's speed that every host is credited with: a few tiny requests, which measure the
/// network more than the device, say little.
const PRIOR_SECONDS: f64 = 0.05;

/// See the module.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Speed {
    tokens: f64,
    seconds: f64,
    last: Option<Instant>,
}

impl Speed {
    /// Counts a request that was served.
    pub(crate) fn record(&mut self, tokens: f64, took: Duration, now: Instant) {
        let kept = half(took, HALF_LIFE_OF_WORK) * self.kept(now);
        self.tokens = self.tokens * kept + tokens;
        self.seconds = self.seconds * kept + took.as_secs_f64();
        self.last = Some(now);
    }

    /// Tokens a second; `None` before the first request.
    pub(crate) fn measured(&self) -> Option<f64> {
        (self.seconds > 0.0).then(|| self.tokens / self.seconds)
    }

    /// Tokens a second, where `prior` stands in for what wasn't measured.
    pub(crate) fn beside(&self, prior: f64, now: Instant) -> f64 {
        let kept = self.kept(now);
        (self.tokens * kept + prior * PRIOR_SECONDS) / (self.seconds * kept + PRIOR_SECONDS)
    }

    fn kept(&self, now: Instant) -> f64 {
        self.last.map_or(1.0, |last| half(now.saturating_duration_since(last), HALF_LIFE_OF_REST))
    }
}

fn half(elapsed: Duration, half_life: Duration) -> f64 {
    0.5_f64.powf(elapsed.as_secs_f64() / half_life.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_figure_follows_the_last_seconds_of_work() {
        let (mut speed, mut now) = (Speed::default(), Instant::now());
        assert_eq!(speed.measured(), None);
        for (tokens, expected) in [(1000.0, 1000.0), (100.0, 100.0)] {
            for _ in 0..20 {
                now += SECOND;
                speed.record(tokens, SECOND, now);
            }
            let measured = speed.measured().unwrap();
            assert!((measured / expected - 1.0).abs() < 0.01, "{measured}");
        }
    }

    #[test]
    fn a_tiny_request_says_little_and_an_old_one_nothing() {
        let (mut speed, now) = (Speed::default(), Instant::now());
        speed.record(5.0, Duration::from_millis(2), now);
        assert!(speed.beside(10_000.0, now) > 9_000.0);
        speed.record(100.0, SECOND, now);
        assert!(speed.beside(10_000.0, now) < 600.0);
        assert!(speed.beside(10_000.0, now + Duration::from_secs(600)) > 9_900.0);
    }
}
