//! How many tokens a second the device gets through, measured over the last batches.
//!
//! Tokens and busy time fade alike, so the figure is a ratio of sums: a long batch counts for more than a short one,
//! and an idle device keeps its last figure.

use std::time::Duration;

use parking_lot::Mutex;

/// What is left of the past after each batch: the last ten or so batches make the figure.
const FADE: f64 = 0.9;

/// See the module.
#[derive(Debug, Default)]
pub struct Throughput {
    sums: Mutex<Sums>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Sums {
    tokens: f64,
    seconds: f64,
}

impl Throughput {
    /// Counts one batch.
    pub fn record(&self, tokens: u64, took: Duration) {
        let mut sums = self.sums.lock();
        sums.tokens = sums.tokens * FADE + tokens as f64;
        sums.seconds = sums.seconds * FADE + took.as_secs_f64();
    }

    /// Tokens a second; 0 before the first batch.
    pub fn tokens_per_second(&self) -> f64 {
        let sums = *self.sums.lock();
        if sums.seconds > 0.0 { sums.tokens / sums.seconds } else { 0.0 }
    }

    /// Whole seconds that so many tokens take, from 1 to 60: what an honest `Retry-After` says.
    pub fn seconds_for(&self, tokens: u64) -> u64 {
        let speed = self.tokens_per_second();
        let seconds = if speed > 0.0 { tokens as f64 / speed } else { 1.0 };
        seconds.ceil().clamp(1.0, 60.0) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figure_follows_the_last_batches() {
        let throughput = Throughput::default();
        assert_eq!((throughput.tokens_per_second(), throughput.seconds_for(1_000_000)), (0.0, 1));
        (0..100).for_each(|_| throughput.record(1000, Duration::from_secs(1)));
        assert!((throughput.tokens_per_second() - 1000.0).abs() < 1e-6);
        (0..100).for_each(|_| throughput.record(1000, Duration::from_millis(100)));
        assert!((throughput.tokens_per_second() - 10_000.0).abs() < 10.0);
    }

    #[test]
    fn the_wait_is_whole_seconds_within_bounds() {
        let throughput = Throughput::default();
        throughput.record(1000, Duration::from_secs(1));
        let waits = [0, 1500, 1_000_000].map(|tokens| throughput.seconds_for(tokens));
        assert_eq!(waits, [1, 2, 60]);
    }
}
