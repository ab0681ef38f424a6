//! What a host's answers have shown of one kind of work: how fast it is, how long it takes, how it counts tokens, and as
//! which model it answers.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::demand::{Demand, Kind};
use crate::identity::Identity;
use crate::latency::Latency;
use crate::speed::Speed;

/// What a new answer weighs in the rate between the host's tokens and estimated ones.
const WEIGHT: f64 = 0.2;
/// No tokenizer makes so many times more, or fewer, tokens of a text than the estimate.
const FURTHEST: f64 = 16.0;
/// How long a host must have served nothing to count as stalled, and how many times longer than usual, or where that isn't
/// known, than ever.
const STALLED: Duration = Duration::from_secs(5);
const STALLED_TIMES: u32 = 5;
const STALLED_TIMES_OF_FEW: u32 = 20;
/// Kinds a host is gauged for. Model names come from callers, so their number has no other bound.
const KINDS: usize = 64;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    pub(crate) speed: Speed,
    pub(crate) latency: Latency,
    /// The host's own tokens for each estimated one, where it counts them.
    rate: Option<f64>,
    last: Option<Instant>,
    /// As what it answered last.
    identity: Option<Identity>,
}

impl Gauge {
    /// For how long nothing has been served, where that shows that the work has stopped: nothing was while a request of so
    /// many tokens, sent at `begun`, has waited for several times as long as nineteen of twenty such take, or where few
    /// were seen, for many times as long as the slowest.
    pub(crate) fn stalled(&self, tokens: f64, begun: Instant, now: Instant) -> Option<Duration> {
        let idle = now.saturating_duration_since(self.last?.max(begun));
        let usual = self.latency.p95(tokens).map(|usual| usual * STALLED_TIMES);
        let enough = usual.or_else(|| Some(self.latency.slowest(tokens)? * STALLED_TIMES_OF_FEW))?;
        (idle >= STALLED.max(enough)).then_some(idle)
    }

    /// Counts a request that was served. `counted` are the host's own tokens, where it says so.
    fn record(&mut self, tokens: f64, counted: Option<u64>, took: Duration, now: Instant) {
        self.speed.record(tokens, took, now);
        self.latency.record(tokens, took);
        self.last = Some(now);
        if let Some(counted) = counted.filter(|_| tokens > 0.0) {
            let seen = (counted as f64 / tokens).clamp(1.0 / FURTHEST, FURTHEST);
            self.rate = Some(self.rate.map_or(seen, |rate| rate + WEIGHT * (seen - rate)));
        }
    }
}

/// A host's gauges, by kind of work.
#[derive(Debug, Default)]
pub(crate) struct Gauges(HashMap<Kind, Gauge>);

impl Gauges {
    pub(crate) fn of(&self, kind: &Kind) -> Option<&Gauge> {
        self.0.get(kind)
    }

    /// The host's own tokens for each estimated one; 1 where it never said so.
    pub(crate) fn rate(&self, kind: &Kind) -> f64 {
        self.of(kind).and_then(|gauge| gauge.rate).unwrap_or(1.0)
    }

    /// As what the host answered last.
    pub(crate) fn identity(&self, kind: &Kind) -> Option<&Identity> {
        self.of(kind)?.identity.as_ref()
    }

    /// Notes as what the host answered a request that was [recorded](Self::record).
    pub(crate) fn identify(&mut self, kind: &Kind, identity: Identity) {
        if let Some(gauge) = self.0.get_mut(kind) {
            gauge.identity = Some(identity);
        }
    }

    /// Counts a request that was served; see [`Gauge`].
    pub(crate) fn record(&mut self, demand: &Demand, counted: Option<u64>, took: Duration, now: Instant) {
        if self.0.len() >= KINDS && !self.0.contains_key(&demand.kind) {
            self.forget_oldest();
        }
        self.0.entry(demand.kind.clone()).or_default().record(demand.tokens, counted, took, now);
    }

    fn forget_oldest(&mut self) {
        let oldest = self.0.iter().min_by_key(|(_, gauge)| gauge.last).map(|(kind, _)| kind.clone());
        if let Some(kind) = oldest {
            self.0.remove(&kind);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demand(model: &str) -> Demand {
        Demand { kind: Kind::new("/embed", Some(model)), tokens: 100.0 }
    }

    #[test]
    fn the_rate_is_what_answers_show_by_kind() {
        let (mut gauges, now) = (Gauges::default(), Instant::now());
        let took = Duration::from_millis(10);
        gauges.record(&demand("a"), Some(150), took, now);
        gauges.record(&demand("b"), None, took, now);
        assert_eq!((gauges.rate(&demand("a").kind), gauges.rate(&demand("b").kind)), (1.5, 1.0));
        gauges.record(&demand("a"), Some(100), took, now);
        assert!((gauges.rate(&demand("a").kind) - 1.4).abs() < 1e-9);
    }

    #[test]
    fn a_count_that_cannot_be_is_bounded() {
        for (counted, rate) in [(0, 1.0 / FURTHEST), (u64::MAX, FURTHEST)] {
            let mut gauges = Gauges::default();
            gauges.record(&demand("a"), Some(counted), Duration::from_millis(10), Instant::now());
            assert_eq!(gauges.rate(&demand("a").kind), rate);
        }
    }

    #[test]
    fn a_host_that_serves_nothing_for_much_longer_than_usual_has_stalled() {
        let (mut gauges, begun) = (Gauges::default(), Instant::now());
        let stalled = |gauges: &Gauges, seconds| {
            let now = begun + Duration::from_secs(seconds);
            gauges.of(&demand("a").kind)?.stalled(100.0, begun, now).map(|idle| idle.as_secs())
        };
        assert_eq!(stalled(&gauges, 60), None, "nothing was seen");
        (0..29).for_each(|_| gauges.record(&demand("a"), None, Duration::from_secs(2), begun));
        assert_eq!([39, 40].map(|seconds| stalled(&gauges, seconds)), [None, Some(40)], "few were seen");
        gauges.record(&demand("a"), None, Duration::from_secs(2), begun + Duration::from_secs(3));
        assert_eq!([12, 13].map(|seconds| stalled(&gauges, seconds)), [None, Some(10)]);
        let quick = Duration::from_millis(2);
        (0..64).for_each(|_| gauges.record(&demand("a"), None, quick, begun));
        assert_eq!([4, 5].map(|seconds| stalled(&gauges, seconds)), [None, Some(5)]);
    }

    #[test]
    fn the_oldest_kind_makes_room() {
        let (mut gauges, mut now) = (Gauges::default(), Instant::now());
        for index in 0..=KINDS {
            now += Duration::from_secs(1);
            gauges.record(&demand(&format!("m{index}")), None, Duration::from_secs(1), now);
        }
        assert!(gauges.of(&demand("m0").kind).is_none() && gauges.of(&demand("m1").kind).is_some());
        assert_eq!(gauges.0.len(), KINDS);
    }
}
