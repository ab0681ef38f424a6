//! The hosts, and who gets the next call.
//!
//! A state machine driven by events and the instant they happen: [`Pool::pick`] hands out a [`Lease`],
//! finishing the lease tells how it went. The lock is held for the length of a decision, never across an
//! await. The pool sends nothing and sleeps for nothing; randomness is a seed. Hosts [come](Pool::join) and
//! [go](Pool::leave); calls that are under way ask those that are there.

use std::sync::{Arc, MutexGuard};

use gpu_bridge_protocol::HostLoad;
use rand::RngExt;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::affinity::prefer_loaded;
use crate::appraisal::Appraisal;
use crate::breaker_state::BreakerState;
use crate::candidate::Candidate;
use crate::config::Config;
use crate::copy::Copy;
use crate::demand::{Demand, Kind};
use crate::eligible::{best, ready, returning};
use crate::held::Held;
use crate::host::Host;
use crate::host_config::HostConfig;
use crate::host_id::HostId;
use crate::host_metrics::HostFigures;
use crate::identity::Identity;
use crate::lease::{Errand, Lease, Sent};
use crate::ledger::{Entries, Ledger};
use crate::member::Member;
use crate::outcome::Outcome;
use crate::panic_mode::reserve;
use crate::pick::Pick;
use crate::snapshot::HostSnapshot;
use crate::tried::Tried;
use crate::{slice_size, spread};

/// See the module.
#[derive(Debug)]
pub(crate) struct Pool {
    ledger: Arc<Ledger>,
    /// Marked whenever a host comes or goes.
    changes: watch::Sender<()>,
}

impl Pool {
    pub(crate) fn new(config: &Config, rng_seed: u64) -> Arc<Self> {
        Arc::new(Self { ledger: Ledger::new(config, rng_seed), changes: watch::Sender::new(()) })
    }

    /// The hosts that may be given work, in the order of the configuration.
    pub(crate) fn members(&self) -> Vec<Arc<Member>> {
        let state = self.lock();
        let working = state.hosts.all().into_iter().filter(|host| !host.member.left.is_cancelled());
        working.map(|host| Arc::clone(&host.member)).collect()
    }

    /// Whether there is no host that may be given work, now or later.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().hosts.is_empty()
    }

    /// A host comes, of that entry of the configuration. It [starts slowly](crate::slow_start), for it may just have
    /// been started itself.
    pub(crate) fn join(&self, entry: usize, config: HostConfig, now: Instant) -> Arc<Member> {
        let member = {
            let mut state = self.lock();
            let host = state.hosts.join(entry, config);
            host.start.begin(now);
            Arc::clone(&host.member)
        };
        let name = member.name();
        tracing::info!(host = name, "{name} joined the fleet, and its share of the calls grows.");
        self.changes.send_replace(());
        member
    }

    /// A host goes: it gets nothing new, and what it has in flight ends as ever.
    pub(crate) fn leave(&self, member: &Member) {
        let name = member.name();
        tracing::info!(
            host = name,
            "{name} left the fleet. It gets no more calls, and finishes what it has."
        );
        let mut state = self.lock();
        state.hosts.leave(member.id);
        state.balancer.forget(member.id);
        drop(state);
        self.changes.send_replace(());
    }

    /// Marked whenever a host comes or goes from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// The host for the next attempt of a call: a fit one if any is left, else any that isn't parked, for a
    /// host that is thought to be down is a better hope than none. Where most are, some calls go
    /// [there](crate::panic_mode) all the same. Where the call is spread, `held` are the slices
    /// that each host has of it, and the host that is to have the next one is found; else the strategy decides.
    pub(crate) fn pick(
        &self,
        tried: &Tried,
        demand: &Demand,
        held: Option<&Held>,
        now: Instant,
    ) -> Pick<Lease> {
        let mut state = self.lock();
        let Entries { hosts, balancer, .. } = &mut *state;
        let best = best(hosts, tried, &demand.kind, now);
        let appraisal = Appraisal::new(hosts, &demand.kind, now);
        let chosen = match held {
            _ if best.is_empty() => return returning(hosts, tried, now).map_or(Pick::Exhausted, Pick::Wait),
            Some(held) => spread::next(hosts, &best, held, &appraisal),
            None => balancer.choose(candidates(
                &best,
                &appraisal,
                demand,
                &reserve(hosts, &best, (tried, &demand.kind), now),
            )),
        };
        let tokens = match (held, chosen) {
            (Some(_), Some(id)) => spread::share(id, &best, &appraisal, demand.tokens),
            _ => f64::INFINITY,
        };
        let Some(host) = chosen.and_then(|id| hosts.find(id)) else { return Pick::Busy };
        let demand = Demand { tokens: demand.tokens.min(tokens), ..demand.clone() };
        host.traffic.begin(&demand);
        let (probe, grant) = (host.breaker.enter(now), (tokens, host.limits.room()));
        let member = Arc::clone(&host.member);
        Pick::Lease(Lease::new(Arc::clone(&self.ledger), member, probe, Errand { demand, grant }, now))
    }

    /// When a request counts as late: it has then been the host's oldest for longer than nineteen of twenty such
    /// requests are. `None` while too few were seen.
    pub(crate) fn late_at(&self, sent: &Sent) -> Option<Instant> {
        let mut state = self.lock();
        let host = state.hosts.find(sent.host)?;
        let usual = host.traffic.gauges.of(&sent.demand.kind)?.latency.p95(sent.demand.tokens)?;
        Some(host.traffic.first_in_line(sent.begun) + usual)
    }

    /// A well host for a copy of a request: the one that is done first, if that is soon enough and `affordable`.
    pub(crate) fn copy(
        &self,
        wanted: &Copy<'_>,
        affordable: impl FnOnce() -> bool,
        now: Instant,
    ) -> Option<Lease> {
        let (mut state, demand) = (self.lock(), &wanted.of.demand);
        let appraisal = Appraisal::new(&state.hosts, &demand.kind, now);
        let fits = |(id, host): &(HostId, &Host)| {
            let new = *id != wanted.of.host && wanted.tried.is_fresh(*id);
            let new = new && !host.missing.lacks(&demand.kind, now);
            new && is_well(host, now) && host.limits.room().most >= wanted.entries
        };
        let candidates = ready(&state.hosts, wanted.tried, now).filter(fits);
        let candidates = candidates.map(|(id, _)| appraisal.candidate(id, demand));
        let first = candidates.min_by(|a, b| a.seconds.total_cmp(&b.seconds))?;
        if first.seconds > wanted.within.as_secs_f64() || !affordable() {
            return None;
        }
        let host = state.hosts.find(first.host)?;
        host.traffic.begin(demand);
        let errand = Errand { demand: demand.clone(), grant: (demand.tokens, host.limits.room()) };
        Some(Lease::new(Arc::clone(&self.ledger), Arc::clone(&host.member), false, errand, now))
    }

    /// Whether a call of so many entries should be spread over hosts, rather than go to one whole: it is too much work
    /// for one, or there is one that doesn't take it whole.
    pub(crate) fn spreads(&self, tried: &Tried, demand: &Demand, entries: usize, now: Instant) -> bool {
        let state = self.lock();
        let best = best(&state.hosts, tried, &demand.kind, now);
        let appraisal = Appraisal::new(&state.hosts, &demand.kind, now);
        let fits = |id: &HostId| state.hosts[*id].limits.room().entries >= entries;
        !slice_size::is_whole(demand.tokens, spread::fleet(&best, &appraisal)) || !best.iter().all(fits)
    }

    /// The hosts that have done this kind of work, their speeds, and as what they answered last.
    pub(crate) fn identities(&self, kind: &Kind, now: Instant) -> Vec<(HostId, f64, Identity)> {
        let state = self.lock();
        let appraisal = Appraisal::new(&state.hosts, kind, now);
        let known = |(id, host): (HostId, &Host)| {
            Some((id, appraisal.speed(id), host.traffic.gauges.identity(kind)?.clone()))
        };
        state.hosts.iter().filter_map(known).collect()
    }

    /// Whether a host that is known to be well is left for the call.
    pub(crate) fn has_well(&self, tried: &Tried, except: HostId, now: Instant) -> bool {
        let state = self.lock();
        ready(&state.hosts, tried, now).any(|(host, state)| host != except && is_well(state, now))
    }

    /// Tells a host what happened, as [`Ledger::update`] does.
    pub(crate) fn update<T>(&self, id: HostId, change: impl FnOnce(&mut Host, f64) -> T) -> Option<T> {
        self.ledger.update(id, change)
    }

    /// Takes in how a request ended that no lease was about.
    pub(crate) fn observe(&self, host: HostId, outcome: &Outcome, now: Instant) {
        self.update(host, |host, jitter| host.observe(outcome, now, jitter));
    }

    /// Takes in the load that rode on an answer.
    pub(crate) fn report(&self, host: HostId, load: Option<HostLoad>, now: Instant) {
        if let Some(load) = load {
            self.update(host, |host, _| host.traffic.backlog.report(load, now));
        }
    }

    /// Who wants to be left alone now, and what it said last.
    pub(crate) fn pauses(&self, now: Instant) -> Vec<String> {
        let state = self.lock();
        let parked = state.hosts.iter().filter(|(_, host)| host.parked_until(now).is_some());
        let words = |host: &Host| host.last_error.clone().unwrap_or_else(|| "asked for a pause".to_owned());
        parked
            .map(|(_, host)| format!("{}: {}", host.member.name(), words(host).trim_end_matches('.')))
            .collect()
    }

    /// A random number, 0 to 1.
    pub(crate) fn jitter(&self) -> f64 {
        self.lock().rng.random()
    }

    /// An id for a call.
    pub(crate) fn request_id(&self) -> u64 {
        self.lock().rng.random()
    }

    pub(crate) fn snapshot(&self, now: Instant) -> Vec<HostSnapshot> {
        let state = self.lock();
        state.hosts.all().into_iter().map(|host| HostSnapshot::of(host, now)).collect()
    }

    /// What there is to tell of each host. Of two that share a name, as one that has come back and what it was before
    /// may, the newer one is told.
    pub(crate) fn figures(&self, now: Instant) -> Vec<HostFigures> {
        let state = self.lock();
        let mut hosts = state.hosts.all();
        hosts.sort_by(|a, b| (a.member.name(), b.member.id).cmp(&(b.member.name(), a.member.id)));
        hosts.dedup_by_key(|host| host.member.name().to_owned());
        hosts
            .into_iter()
            .map(|host| HostFigures { now: HostSnapshot::of(host, now), so_far: host.tally.clone() })
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.ledger.lock()
    }
}

/// The best hosts, and those that are tried beside them with a share of their calls; of both those that have the model.
fn candidates(
    best: &[HostId],
    appraisal: &Appraisal<'_>,
    demand: &Demand,
    (reserve, share): &(Vec<HostId>, f64),
) -> Vec<Candidate> {
    let best = best.iter().map(|&id| appraisal.candidate(id, demand));
    let reserve = reserve.iter().map(|&id| appraisal.candidate(id, demand).with_share(*share));
    prefer_loaded(best.chain(reserve).collect())
}

/// Known to be well, and no probe.
fn is_well(host: &Host, now: Instant) -> bool {
    host.is_fit(now) && host.breaker.state() == BreakerState::Closed
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use serde_json::json;

    use super::*;
    use crate::fault::Fault;
    use crate::host_health::HostHealth;

    fn pool(hosts: usize) -> Arc<Pool> {
        let hosts: Vec<_> = (0..hosts).map(|index| json!({ "url": format!("http://h{index}") })).collect();
        Pool::new(&Config::from_json(json!({ "hosts": hosts })).unwrap(), 1)
    }

    fn demand() -> Demand {
        Demand { kind: Kind::new("/embed", None), tokens: 10.0 }
    }

    fn lease(pool: &Arc<Pool>, tried: &Tried, now: Instant) -> Lease {
        match pool.pick(tried, &demand(), None, now) {
            Pick::Lease(lease) => lease,
            other => panic!("no lease but {other:?}"),
        }
    }

    fn fault() -> Fault {
        Fault::new("server_error", Some(500), "no")
    }

    fn parked(seconds: u64) -> Outcome {
        Outcome::Overloaded { pause: Duration::from_secs(seconds), draining: false, fault: fault() }
    }

    #[test]
    fn a_tried_host_is_not_picked_while_another_is_left() {
        let (pool, now) = (pool(3), Instant::now());
        let mut tried = Tried::default();
        let mut asked = vec![];
        for _ in 0..3 {
            let lease = lease(&pool, &tried, now);
            asked.push(lease.host().index());
            tried.failed(lease.host());
        }
        asked.sort_unstable();
        assert_eq!(asked, [0, 1, 2]);
        assert!(matches!(pool.pick(&tried, &demand(), None, now), Pick::Exhausted));
        assert!(tried.forgive() && matches!(pool.pick(&tried, &demand(), None, now), Pick::Lease(_)));
    }

    fn come(pool: &Arc<Pool>, name: &str, now: Instant) -> Arc<Member> {
        let config =
            Config::from_json(json!({ "hosts": [{ "url": format!("http://{name}"), "name": name }] }));
        pool.join(7, config.unwrap().hosts.remove(0), now)
    }

    #[test]
    fn a_host_that_leaves_gets_nothing_new_and_finishes_what_it_has() {
        let (pool, now, tried) = (pool(1), Instant::now(), Tried::default());
        let new = come(&pool, "new", now);
        let mut leases: Vec<_> = (0..20).map(|_| lease(&pool, &tried, now)).collect();
        assert!(leases.iter().any(|lease| lease.host() == new.id));
        pool.leave(&new);
        assert!((0..20).all(|_| lease(&pool, &tried, now).host() != new.id));
        let seen = pool.snapshot(now);
        let on_it = leases.iter().filter(|lease| lease.host() == new.id).count();
        assert_eq!((seen[1].health, seen[1].in_flight), (HostHealth::Draining, on_it as u64));
        leases.retain(|lease| lease.host() != new.id);
        assert_eq!(pool.snapshot(now).len(), 1, "gone with the last of them");
        assert_eq!(pool.update(new.id, |_, _| ()), None);
    }

    #[test]
    fn a_host_that_comes_begins_with_little_and_at_the_median_speed() {
        let (pool, now) = (pool(2), Instant::now());
        for id in [0, 1].map(HostId::new) {
            pool.update(id, |host, _| {
                host.traffic.gauges.record(&demand(), None, Duration::from_secs(1), now);
            });
        }
        let new = come(&pool, "new", now);
        let state = pool.lock();
        let kind = demand().kind;
        let speeds = [0, 10].map(|seconds| {
            let now = now + Duration::from_secs(seconds);
            let appraisal = Appraisal::new(&state.hosts, &kind, now);
            appraisal.speed(new.id) / appraisal.speed(HostId::new(0))
        });
        assert!((speeds[0] - 0.1).abs() < 0.01 && (speeds[1] - 1.0).abs() < 0.01, "{speeds:?}");
    }

    #[test]
    fn a_fleet_that_churns_takes_the_room_of_its_present_hosts() {
        let (pool, now, mut fleet, mut leases) = (pool(1), Instant::now(), vec![], vec![]);
        let mut rng = StdRng::seed_from_u64(5);
        for round in 0..5_000 {
            fleet.push(come(&pool, &format!("host-{round}"), now));
            leases.push(lease(&pool, &Tried::default(), now));
            if fleet.len() > 20 {
                pool.leave(&fleet.swap_remove(rng.random_range(0..20)));
            }
            if leases.len() > 30 {
                leases.swap_remove(rng.random_range(0..30)).finish(&Outcome::Served, now);
            }
            let (working, leaving) = pool.lock().hosts.count();
            assert!(working <= 22 && leaving <= 30, "{working} work, {leaving} leave");
        }
        leases.clear();
        assert_eq!(pool.lock().hosts.count(), (21, 0));
        assert!(pool.lock().balancer.remembered() <= 21);
    }

    #[test]
    fn a_pause_is_never_shortened_by_a_later_answer() {
        let (pool, now) = (pool(1), Instant::now());
        let tried = Tried::default();
        let (first, second) = (lease(&pool, &tried, now), lease(&pool, &tried, now));
        first.finish(&parked(20), now);
        second.finish(&parked(2), now);
        let Pick::Wait(until) = pool.pick(&tried, &demand(), None, now) else {
            panic!("the host isn't parked")
        };
        assert_eq!(until - now, Duration::from_secs(20));
    }

    #[test]
    fn hosts_that_are_out_are_asked_where_no_other_is_left() {
        let (pool, now) = (pool(2), Instant::now());
        let tried = Tried::default();
        pool.update(HostId::new(0), |host, _| host.on_sick("gone", now, 0.0));
        for _ in 0..4 {
            assert_eq!(lease(&pool, &tried, now).host().index(), 1);
        }
        pool.update(HostId::new(1), |host, _| host.on_sick("gone", now, 0.0));
        assert!(matches!(pool.pick(&tried, &demand(), None, now), Pick::Lease(_)));
    }

    #[test]
    fn where_most_hosts_are_out_they_share_a_tenth_of_a_hosts_calls() {
        let (pool, now, tried) = (pool(3), Instant::now(), Tried::default());
        for index in [0, 1] {
            pool.update(HostId::new(index), |host, _| host.on_sick("gone", now, 0.0));
        }
        for _ in 0..110 {
            let lease = lease(&pool, &tried, now);
            let failed = lease.host().index() < 2;
            lease.finish(&if failed { Outcome::Failed(fault()) } else { Outcome::Served }, now);
        }
        let requests: Vec<_> = pool.snapshot(now).iter().map(|host| host.requests).collect();
        assert_eq!(requests, [5, 5, 100]);
    }

    #[test]
    fn a_dropped_lease_leaves_no_trace_but_the_count() {
        let (pool, now) = (pool(1), Instant::now());
        drop(lease(&pool, &Tried::default(), now));
        let host = &pool.snapshot(now)[0];
        assert_eq!((host.requests, host.in_flight, host.failures), (1, 0, 0));
    }

    #[test]
    fn a_dropped_probe_makes_room_for_the_next() {
        let (pool, tried) = (pool(2), Tried::default());
        let now = Instant::now();
        pool.update(HostId::new(0), |host, _| host.on_sick("gone", now, 0.0));
        let later = now + Duration::from_secs(2);
        let probes = |count: usize| -> Vec<Lease> {
            (0..count).map(|_| lease(&pool, &tried, later)).filter(Lease::is_probe).collect()
        };
        let first = probes(4);
        assert_eq!(first.len(), 1, "one probe at a time");
        drop(first);
        assert_eq!(probes(4).len(), 1);
    }
}
