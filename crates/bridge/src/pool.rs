//! The hosts, and who gets the next call.
//!
//! A state machine driven by events and the instant they happen: [`Pool::pick`] hands out a [`Lease`],
//! finishing the lease tells how it went. The lock is held for the length of a decision, never across an
//! await. The pool sends nothing and sleeps for nothing; randomness is a seed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gpu_bridge_protocol::HostLoad;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::time::Instant;

use crate::balancer::{Balancer, Candidate};
use crate::breaker::BreakerState;
use crate::config::Config;
use crate::host::{Host, HostId, Key};
use crate::lease::Lease;
use crate::outcome::Outcome;
use crate::snapshot::HostSnapshot;
use crate::tried::Tried;

/// See the module.
#[derive(Debug)]
pub(crate) struct Pool {
    config: Arc<Config>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    hosts: Vec<Host>,
    balancer: Balancer,
    rng: StdRng,
}

/// What a call does next.
#[derive(Debug)]
pub(crate) enum Pick {
    /// Ask this host.
    Lease(Lease),
    /// Every host that is left wants to be left alone; this is when the first returns.
    Wait(Instant),
    /// No host is left.
    Exhausted,
}

impl Pool {
    pub(crate) fn new(config: Arc<Config>, rng_seed: u64) -> Arc<Self> {
        let hosts: Vec<_> = config.hosts.iter().map(Host::new).collect();
        let balancer = Balancer::new(config.load_balancing, hosts.len());
        let state = Mutex::new(State { hosts, balancer, rng: StdRng::seed_from_u64(rng_seed) });
        Arc::new(Self { config, state })
    }

    pub(crate) fn len(&self) -> usize {
        self.config.hosts.len()
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = HostId> + use<> {
        (0..self.len()).map(HostId::new)
    }

    pub(crate) fn name(&self, host: HostId) -> &str {
        &self.config.hosts[host.index()].name
    }

    /// The host for the next attempt of a call: a fit one if any is left, else any that isn't parked, for a
    /// host that is thought to be down is a better hope than none.
    pub(crate) fn pick(self: &Arc<Self>, tried: &Tried, now: Instant) -> Pick {
        let mut state = self.lock();
        let State { hosts, balancer, .. } = &mut *state;
        let Some(host) = balancer.choose(best_tier(hosts, tried, now)) else {
            return returning(hosts, tried, now).map_or(Pick::Exhausted, Pick::Wait);
        };
        let chosen = &mut hosts[host.index()];
        chosen.in_flight += 1;
        chosen.requests += 1;
        let probe = chosen.breaker.enter(now);
        Pick::Lease(Lease::new(Arc::clone(self), host, probe))
    }

    /// Whether a fit host is left for the call.
    pub(crate) fn has_fit(&self, tried: &Tried, except: HostId, now: Instant) -> bool {
        let state = self.lock();
        ready(&state.hosts, tried, now).any(|(host, state)| host != except && state.is_fit(now))
    }

    /// Takes a lease back. `outcome` is `None` where the call went away.
    pub(crate) fn release(&self, host: HostId, probe: bool, outcome: Option<(&Outcome, Instant)>) {
        self.update(host, |host, jitter| {
            host.in_flight = host.in_flight.saturating_sub(1);
            if let Some((outcome, now)) = outcome {
                host.observe(outcome, now, jitter);
            }
            if probe {
                host.breaker.probe_told_nothing();
            }
        });
    }

    /// Tells a host what happened; `change` gets the host and a random number, 0 to 1.
    pub(crate) fn update<T>(&self, id: HostId, change: impl FnOnce(&mut Host, f64) -> T) -> T {
        let mut state = self.lock();
        let jitter = state.rng.random::<f64>();
        let host = &mut state.hosts[id.index()];
        let before = host.breaker.state();
        let told = change(host, jitter);
        log_turn(self.name(id), host, before);
        told
    }

    /// Takes in the load that rode on an answer.
    pub(crate) fn report(&self, host: HostId, load: Option<HostLoad>, now: Instant) {
        if let Some(load) = load {
            self.update(host, |host, _| host.report(load, now));
        }
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
        let both = self.config.hosts.iter().zip(&state.hosts);
        both.map(|(config, host)| HostSnapshot::of(config, host, now)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says when a host goes out and when it is back.
fn log_turn(name: &str, host: &Host, before: BreakerState) {
    let reason = host.last_error.as_deref().unwrap_or_default();
    match (before, host.breaker.state()) {
        (BreakerState::Closed, BreakerState::Open) => tracing::warn!(host = name, reason, "host is out"),
        (BreakerState::Open | BreakerState::HalfOpen, BreakerState::Closed) => {
            tracing::info!(host = name, "host is back");
        }
        _ => {}
    }
}

/// Hosts that the call may ask now.
fn ready<'a>(
    hosts: &'a [Host],
    tried: &'a Tried,
    now: Instant,
) -> impl Iterator<Item = (HostId, &'a Host)> + 'a {
    allowed(hosts, tried)
        .filter(move |&(id, host)| host.parked_until(now).is_none() && tried.blocked_until(id, now).is_none())
}

fn allowed<'a>(hosts: &'a [Host], tried: &'a Tried) -> impl Iterator<Item = (HostId, &'a Host)> + 'a {
    let ids = hosts.iter().enumerate().map(|(index, host)| (HostId::new(index), host));
    ids.filter(|&(id, _)| tried.allows(id))
}

/// The fit hosts; else those whose key is good; else all that may be asked. Among those, the ones that the
/// call hasn't asked yet, if there are any.
fn best_tier(hosts: &[Host], tried: &Tried, now: Instant) -> Vec<Candidate> {
    let tiers: [fn(&Host, Instant) -> bool; 3] =
        [Host::is_fit, |host, _| host.key() != Key::Refused, |_, _| true];
    let tier = |fit: fn(&Host, Instant) -> bool| -> Vec<_> {
        let chosen = ready(hosts, tried, now).filter(|(_, host)| fit(host, now));
        chosen.map(|(id, host)| Candidate { host: id, weight: host.weight, busy: host.busy(now) }).collect()
    };
    let mut best = tiers.into_iter().map(tier).find(|tier| !tier.is_empty()).unwrap_or_default();
    if best.iter().any(|candidate| tried.is_fresh(candidate.host)) {
        best.retain(|candidate| tried.is_fresh(candidate.host));
    }
    best
}

/// When the first of the hosts that are left may be asked.
fn returning(hosts: &[Host], tried: &Tried, now: Instant) -> Option<Instant> {
    let until = |(id, host): (HostId, &Host)| host.parked_until(now).max(tried.blocked_until(id, now));
    allowed(hosts, tried).filter_map(until).min()
}
