//! The hosts, and what happens to them.
//!
//! A state machine driven by events and the instant they happen: [`Pool::pick`] hands out a [`Lease`](crate::lease::Lease),
//! finishing the lease tells how it went. The lock is held for the length of a decision, never across an
//! await. The pool sends nothing and sleeps for nothing; randomness is a seed. Hosts [come](Pool::join) and
//! [go](Pool::leave); calls that are under way ask those that are there. Who gets what is in [`choice`].

mod choice;
#[cfg(test)]
mod tests;

use std::sync::{Arc, MutexGuard};

use gpu_bridge_protocol::HostLoad;
use rand::RngExt;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::config::Config;
use crate::host::Host;
use crate::host_config::HostConfig;
use crate::host_id::HostId;
use crate::host_metrics::HostFigures;
use crate::ledger::{Entries, Ledger};
use crate::member::Member;
use crate::outcome::Outcome;
use crate::snapshot::HostSnapshot;

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
        let told = |host: &Host| HostFigures { now: HostSnapshot::of(host, now), so_far: host.tally.clone() };
        hosts.into_iter().map(told).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.ledger.lock()
    }
}
