//! How long a host takes for a request of a certain size, nineteen times of twenty.
//!
//! Requests are sorted into classes by size, each twice the one before, and a class keeps the seconds a token of its
//! last requests. A class that has seen too few asks the next larger one, which is slower a request and so never
//! calls an honest answer late.

use std::collections::VecDeque;
use std::time::Duration;

/// Requests a class remembers.
const REMEMBERED: usize = 64;
/// Requests without which a class has no opinion.
const NEEDED: usize = 30;
/// Classes: up to two to this power of tokens.
const CLASSES: usize = 24;
/// The share of requests that are faster.
const QUANTILE: f64 = 0.95;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Latency {
    classes: Vec<Class>,
}

#[derive(Debug, Default, Clone)]
struct Class {
    /// Seconds a token, the oldest first.
    seen: VecDeque<f64>,
    /// The same, the fastest first: asked for with every request, it isn't sorted each time.
    sorted: Vec<f64>,
}

impl Latency {
    /// Counts a request that was served.
    pub(crate) fn record(&mut self, tokens: f64, took: Duration) {
        if self.classes.is_empty() {
            self.classes = vec![Class::default(); CLASSES];
        }
        self.classes[class(tokens)].add(took.as_secs_f64() / tokens.max(1.0));
    }

    /// How long all but one in twenty requests of this size take; `None` while too few were seen.
    pub(crate) fn p95(&self, tokens: f64) -> Option<Duration> {
        let known = self.classes.iter().skip(class(tokens)).find(|class| class.seen.len() >= NEEDED)?;
        Duration::try_from_secs_f64(known.p95() * tokens.max(1.0)).ok()
    }

    /// The slowest of the last requests of this size; `None` while none was seen.
    pub(crate) fn slowest(&self, tokens: f64) -> Option<Duration> {
        let slowest = self.classes.iter().skip(class(tokens)).find_map(|class| class.sorted.last())?;
        Duration::try_from_secs_f64(slowest * tokens.max(1.0)).ok()
    }
}

fn class(tokens: f64) -> usize {
    (tokens.max(1.0).log2() as usize).min(CLASSES - 1)
}

impl Class {
    fn add(&mut self, seconds: f64) {
        if self.seen.len() == REMEMBERED
            && let Some(oldest) = self.seen.pop_front()
        {
            self.sorted.remove(self.place(oldest));
        }
        self.seen.push_back(seconds);
        self.sorted.insert(self.place(seconds), seconds);
    }

    /// Where it stands, or would.
    fn place(&self, seconds: f64) -> usize {
        self.sorted.partition_point(|other| other.total_cmp(&seconds).is_lt())
    }

    /// Of a class that has seen any.
    fn p95(&self) -> f64 {
        self.sorted[(self.sorted.len() as f64 * QUANTILE) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(count: u64) -> Latency {
        let mut latency = Latency::default();
        (1..=count).for_each(|millis| latency.record(100.0, Duration::from_millis(millis)));
        latency
    }

    #[test]
    fn a_few_requests_make_no_opinion() {
        assert_eq!(seen(29).p95(100.0), None);
        assert!(seen(30).p95(100.0).is_some());
    }

    #[test]
    fn one_in_twenty_is_slower() {
        assert_eq!(seen(60).p95(100.0).unwrap().as_millis(), 58);
        let latest = seen(200).p95(100.0).unwrap();
        assert_eq!(latest.as_millis(), 197, "of the last 64: 137 to 200");
    }

    #[test]
    fn one_request_shows_what_the_slowest_is() {
        assert_eq!(Latency::default().slowest(100.0), None);
        assert_eq!(seen(3).slowest(100.0).unwrap().as_millis(), 3);
        assert_eq!((seen(3).slowest(200.0), seen(3).slowest(50.0).unwrap().as_micros()), (None, 1500));
    }

    #[test]
    fn sizes_have_classes_and_a_smaller_one_asks_upwards() {
        let latency = seen(60);
        assert_eq!(latency.p95(50.0).unwrap().as_millis(), 29, "half the tokens");
        assert_eq!(latency.p95(1000.0), None, "a larger one isn't guessed");
    }
}
