//! Which of the hosts that could take a call gets it.
//!
//! A strategy is one file beside this one and one variant here. It chooses among candidates that the
//! [`Pool`](crate::pool::Pool) has found fit; whether a host is fit is none of its business.

use serde::Deserialize;

use crate::candidate::Candidate;
use crate::host_id::HostId;
use crate::least_busy;
use crate::round_robin::RoundRobin;

/// How calls are spread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoadBalancing {
    /// In turn, by weight.
    #[default]
    RoundRobin,
    /// To the host that would have served the call first, in turn among equals.
    LeastBusy,
}

/// The strategy and what it remembers.
#[derive(Debug)]
pub(crate) struct Balancer {
    strategy: LoadBalancing,
    turns: RoundRobin,
}

impl Balancer {
    pub(crate) fn new(strategy: LoadBalancing) -> Self {
        Self { strategy, turns: RoundRobin::default() }
    }

    /// A host has left.
    pub(crate) fn forget(&mut self, host: HostId) {
        self.turns.forget(host);
    }

    #[cfg(test)]
    pub(crate) fn remembered(&self) -> usize {
        self.turns.remembered()
    }

    /// One of the candidates; `None` only where there are none.
    pub(crate) fn choose(&mut self, candidates: Vec<Candidate>) -> Option<HostId> {
        match self.strategy {
            LoadBalancing::RoundRobin => self.turns.next(&candidates),
            LoadBalancing::LeastBusy => self.turns.next(&least_busy::least_busy(candidates)),
        }
    }
}
