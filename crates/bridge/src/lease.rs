//! A host's promise to one attempt: it is counted as in flight until the lease ends.

use std::sync::Arc;

use tokio::time::Instant;

use crate::demand::Demand;
use crate::host_id::HostId;
use crate::outcome::Outcome;
use crate::pool::Pool;

/// One attempt's hold on a host. Dropping it, as a cancelled call does, says nothing about the host.
#[derive(Debug)]
#[must_use]
pub(crate) struct Lease {
    pool: Arc<Pool>,
    host: HostId,
    probe: bool,
    demand: Demand,
    begun: Instant,
    finished: bool,
}

impl Lease {
    pub(crate) fn new(pool: Arc<Pool>, host: HostId, probe: bool, demand: Demand, begun: Instant) -> Self {
        Self { pool, host, probe, demand, begun, finished: false }
    }

    pub(crate) fn host(&self) -> HostId {
        self.host
    }

    /// Whether this attempt decides if the host is back.
    pub(crate) fn is_probe(&self) -> bool {
        self.probe
    }

    /// What the attempt asks of the host.
    pub(crate) fn demand(&self) -> &Demand {
        &self.demand
    }

    /// When the host was asked.
    pub(crate) fn begun(&self) -> Instant {
        self.begun
    }

    /// Tells the pool that the host did the work. `counted` are the host's own tokens, where it says so.
    pub(crate) fn served(self, counted: Option<u64>, now: Instant) {
        self.pool.update(self.host, |host, _| host.measure(&self.demand, counted, self.begun, now));
        self.finish(&Outcome::Served, now);
    }

    /// Tells the pool how the attempt ended.
    pub(crate) fn finish(mut self, outcome: &Outcome, now: Instant) {
        self.finished = true;
        self.pool.release(&self, Some(outcome), now);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.finished {
            self.pool.release(self, None, Instant::now());
        }
    }
}
