//! A host's promise to one attempt: it is counted as in flight until the lease ends.

use std::sync::Arc;

use tokio::time::Instant;

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
    finished: bool,
}

impl Lease {
    pub(crate) fn new(pool: Arc<Pool>, host: HostId, probe: bool) -> Self {
        Self { pool, host, probe, finished: false }
    }

    pub(crate) fn host(&self) -> HostId {
        self.host
    }

    /// Whether this attempt decides if the host is back.
    pub(crate) fn is_probe(&self) -> bool {
        self.probe
    }

    /// Tells the pool how the attempt ended.
    pub(crate) fn finish(mut self, outcome: &Outcome, now: Instant) {
        self.finished = true;
        self.pool.release(self.host, self.probe, Some((outcome, now)));
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.finished {
            self.pool.release(self.host, self.probe, None);
        }
    }
}
