//! What each host would make of a request: its speed at this kind of work, and how long until it is done.
//!
//! A host's speed is what was measured here. Until much was, it is what the host says of itself or else the median of
//! the hosts that were measured, or of what hosts say while none was. A host may err or lie, so that its word counts only
//! as far as it is a [`CREDIBLE`] multiple of the median. While nothing is known hosts are taken to be as fast as their
//! weights say. One that was out counts as slower for a while, with less weight, so that it
//! [starts slowly](crate::slow_start) under every strategy.

use tokio::time::Instant;

use crate::candidate::Candidate;
use crate::demand::{Demand, Kind};
use crate::host::Host;
use crate::host_id::HostId;
use crate::hosts::Hosts;

/// Estimated tokens a second and unit of weight where nothing is known. Only the ratio between hosts matters.
const UNKNOWN: f64 = 10_000.0;
/// How many times as fast as the median, or as slow, a host may say that it is.
const CREDIBLE: f64 = 8.0;

/// The speeds of a fleet at one kind of work, as of one instant.
pub(crate) struct Appraisal<'a> {
    hosts: &'a Hosts,
    kind: &'a Kind,
    /// Of what was measured, or else of what hosts say.
    median: Option<f64>,
    now: Instant,
}

impl<'a> Appraisal<'a> {
    pub(crate) fn new(hosts: &'a Hosts, kind: &'a Kind, now: Instant) -> Self {
        let of = |speed: fn(&Host, &Kind) -> Option<f64>| {
            median(hosts.iter().filter_map(|(_, host)| speed(host, kind)).collect())
        };
        let median = of(measured).or_else(|| of(said));
        Self { hosts, kind, median, now }
    }

    /// Estimated tokens a second, as far as the host has its share of the calls.
    pub(crate) fn speed(&self, id: HostId) -> f64 {
        let host = &self.hosts[id];
        self.full_speed(host) * host.start.share(self.now)
    }

    fn full_speed(&self, host: &Host) -> f64 {
        let Some(median) = self.median else { return UNKNOWN * host.weight };
        let credible = |said: f64| said.clamp(median / CREDIBLE, median * CREDIBLE);
        let prior = said(host, self.kind).map_or(median, credible);
        host.traffic.gauges.of(self.kind).map_or(prior, |gauge| gauge.speed.beside(prior, self.now))
    }

    /// What was measured of its speed here, in estimated tokens a second.
    pub(crate) fn measured(&self, id: HostId) -> Option<f64> {
        self.hosts[id].traffic.gauges.of(self.kind).map(|_| self.speed(id))
    }

    /// The host as a strategy sees it.
    pub(crate) fn candidate(&self, id: HostId, demand: &Demand) -> Candidate {
        let (host, speed) = (&self.hosts[id], self.speed(id));
        let waiting = host.traffic.backlog.waiting(speed, host.traffic.gauges.rate(self.kind), self.now);
        let memory = host.traffic.backlog.load().map_or(0.0, |load| load.mem_utilization.clamp(0.0, 1.0));
        let weight = (host.weight * host.start.share(self.now) * 1000.0).round() as i64;
        let (seconds, model) = ((waiting + demand.tokens) / speed, host.loaded.has(self.kind, self.now));
        Candidate { host: id, weight: weight.max(1), seconds, memory, model }
    }
}

/// What was measured here.
fn measured(host: &Host, kind: &Kind) -> Option<f64> {
    host.traffic.gauges.of(kind)?.speed.measured()
}

/// What the host last said of its own speed.
fn said(host: &Host, kind: &Kind) -> Option<f64> {
    let own = host.traffic.backlog.load()?.named_metrics.tokens_per_second / host.traffic.gauges.rate(kind);
    (own > 0.0 && own.is_finite()).then_some(own)
}

/// The middle one; of an even number the geometric mean of the two, which one that is absurd moves least.
fn median(mut speeds: Vec<f64>) -> Option<f64> {
    speeds.sort_unstable_by(f64::total_cmp);
    let last = speeds.len().checked_sub(1)?;
    Some(speeds[last / 2].sqrt() * speeds[last.div_ceil(2)].sqrt())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use gpu_bridge_protocol::HostLoad;
    use serde_json::json;

    use super::*;
    use crate::config::Config;
    use crate::fault::Fault;

    fn hosts(weights: &[u32]) -> Hosts {
        let host = |(index, weight)| json!({ "url": format!("http://h{index}"), "weight": weight });
        let hosts: Vec<_> = weights.iter().enumerate().map(host).collect();
        Hosts::new(&Config::from_json(json!({ "hosts": hosts })).unwrap().hosts)
    }

    fn nth(hosts: &mut Hosts, index: usize) -> &mut Host {
        hosts.find(HostId::new(index)).unwrap()
    }

    fn demand() -> Demand {
        Demand { kind: Kind::new("/embed", None), tokens: 1000.0 }
    }

    fn measure(host: &mut Host, tokens_per_second: f64, now: Instant) {
        let demand = Demand { tokens: tokens_per_second * 100.0, ..demand() };
        host.traffic.gauges.record(&demand, None, Duration::from_secs(100), now);
    }

    fn speeds(hosts: &Hosts, now: Instant) -> Vec<f64> {
        let kind = demand().kind;
        let appraisal = Appraisal::new(hosts, &kind, now);
        hosts.iter().map(|(id, _)| appraisal.speed(id).round()).collect()
    }

    #[test]
    fn unknown_hosts_take_their_weights_and_then_the_median() {
        let (mut hosts, now) = (hosts(&[1, 3, 1, 1]), Instant::now());
        assert_eq!(speeds(&hosts, now), [1e4, 3e4, 1e4, 1e4]);
        measure(nth(&mut hosts, 0), 500.0, now);
        measure(nth(&mut hosts, 2), 1500.0, now);
        assert_eq!(speeds(&hosts, now), [500.0, 866.0, 1500.0, 866.0]);
    }

    #[test]
    fn a_host_is_taken_at_its_word_until_it_is_measured() {
        let (mut hosts, now) = (hosts(&[1, 1]), Instant::now());
        let mut load = HostLoad::default();
        load.named_metrics.tokens_per_second = 2000.0;
        nth(&mut hosts, 0).traffic.backlog.report(load, now);
        assert_eq!(speeds(&hosts, now), [2000.0, 2000.0]);
        measure(nth(&mut hosts, 0), 100.0, now);
        assert_eq!(speeds(&hosts, now)[0], 100.0, "its own word fades");
    }

    #[test]
    fn an_absurd_word_counts_as_far_as_it_is_credible() {
        for (said, expected) in
            [(1e300, 8000.0), (1e-300, 125.0), (2000.0, 2000.0), (-1.0, 1000.0), (f64::NAN, 1000.0)]
        {
            let (mut hosts, now) = (hosts(&[1, 1, 1]), Instant::now());
            let mut load = HostLoad::default();
            load.named_metrics.tokens_per_second = said;
            nth(&mut hosts, 2).traffic.backlog.report(load, now);
            (0..2).for_each(|index| measure(nth(&mut hosts, index), 1000.0, now));
            assert_eq!(speeds(&hosts, now), [1000.0, 1000.0, expected], "{said}");
        }
    }

    #[test]
    fn a_host_that_is_back_counts_as_slower_and_has_less_weight() {
        let (mut hosts, now) = (hosts(&[2, 2]), Instant::now());
        (0..2).for_each(|index| measure(nth(&mut hosts, index), 1000.0, now));
        nth(&mut hosts, 0).on_sick(&Fault::new("x", None, "gone"), now, 0.0);
        nth(&mut hosts, 0).on_well("cpu".to_owned(), now);
        let demand = demand();
        let appraisal = Appraisal::new(&hosts, &demand.kind, now);
        let [back, other] = [0, 1].map(|index| appraisal.candidate(HostId::new(index), &demand));
        assert_eq!((back.weight, other.weight), (200, 2000));
        assert!((back.seconds / other.seconds - 10.0).abs() < 1e-6, "{back:?} {other:?}");
    }

    #[test]
    fn seconds_are_queue_and_own_work_at_the_hosts_speed() {
        let (mut hosts, now) = (hosts(&[1, 1]), Instant::now());
        measure(nth(&mut hosts, 0), 1000.0, now);
        measure(nth(&mut hosts, 1), 4000.0, now);
        nth(&mut hosts, 1).traffic.backlog.begin(5000.0);
        let demand = demand();
        let appraisal = Appraisal::new(&hosts, &demand.kind, now);
        let seconds = |index| appraisal.candidate(HostId::new(index), &demand).seconds;
        assert!((seconds(0) - 1.0).abs() < 0.01, "{}", seconds(0));
        assert!((seconds(1) - 1.5).abs() < 0.01, "{}", seconds(1));
    }
}
