//! Which hosts one call has asked already, and whether it may ask them again.

use tokio::time::Instant;

use crate::host_id::HostId;

/// What a call has learnt about each host.
#[derive(Debug, Clone)]
pub(crate) struct Tried(Vec<Mark>);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mark {
    /// Not asked yet.
    Fresh,
    /// It failed; asked again only in the next round.
    Failed,
    /// It wants to be asked again then.
    NotBefore(Instant),
    /// It will never serve this call.
    Barred,
}

impl Tried {
    pub(crate) fn none(hosts: usize) -> Self {
        Self(vec![Mark::Fresh; hosts])
    }

    pub(crate) fn failed(&mut self, host: HostId) {
        self.0[host.index()] = Mark::Failed;
    }

    pub(crate) fn not_before(&mut self, host: HostId, until: Instant) {
        self.0[host.index()] = Mark::NotBefore(until);
    }

    pub(crate) fn bar(&mut self, host: HostId) {
        self.0[host.index()] = Mark::Barred;
    }

    /// Begins the next round: hosts that failed may be asked again. `false` where there are none.
    pub(crate) fn forgive(&mut self) -> bool {
        let mut any = false;
        for mark in self.0.iter_mut().filter(|mark| **mark == Mark::Failed) {
            *mark = Mark::Fresh;
            any = true;
        }
        any
    }

    /// Whether the host may be asked, now or later.
    pub(crate) fn allows(&self, host: HostId) -> bool {
        matches!(self.0[host.index()], Mark::Fresh | Mark::NotBefore(_))
    }

    /// Whether it hasn't been asked yet, in this round.
    pub(crate) fn is_fresh(&self, host: HostId) -> bool {
        self.0[host.index()] == Mark::Fresh
    }

    /// When it may be asked; `None` is now.
    pub(crate) fn blocked_until(&self, host: HostId, now: Instant) -> Option<Instant> {
        match self.0[host.index()] {
            Mark::NotBefore(until) if until > now => Some(until),
            _ => None,
        }
    }
}
