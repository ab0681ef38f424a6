//! The hosts behind their one lock, and how each of them is told what happened.
//!
//! The lock is held for the length of a decision, never across an await. What is decided is the [pool](crate::pool)'s.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::balancer::Balancer;
use crate::config::Config;
use crate::host::Host;
use crate::host_id::HostId;
use crate::hosts::Hosts;
use crate::standing::Standing;

/// See the module.
#[derive(Debug)]
pub(crate) struct Ledger(Mutex<Entries>);

/// What the lock guards.
#[derive(Debug)]
pub(crate) struct Entries {
    pub(crate) hosts: Hosts,
    pub(crate) balancer: Balancer,
    pub(crate) rng: StdRng,
}

impl Ledger {
    pub(crate) fn new(config: &Config, rng_seed: u64) -> Arc<Self> {
        let hosts = Hosts::new(&config.hosts);
        let balancer = Balancer::new(config.load_balancing);
        Arc::new(Self(Mutex::new(Entries { hosts, balancer, rng: StdRng::seed_from_u64(rng_seed) })))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells a host what happened; `change` gets the host and a random number, 0 to 1. `None` where the host is gone,
    /// which it can't be while a lease on it lasts.
    pub(crate) fn update<T>(&self, id: HostId, change: impl FnOnce(&mut Host, f64) -> T) -> Option<T> {
        let mut state = self.lock();
        let jitter = state.rng.random::<f64>();
        let host = state.hosts.find(id)?;
        let before = Standing::of(host);
        let told = change(host, jitter);
        let now = Standing::of(host);
        if now != before {
            now.tell(host);
            host.tally.turns.count(now.as_str());
            if host.is_away() {
                host.member.went.notify_waiters();
            }
        }
        state.hosts.bury(id);
        Some(told)
    }
}
