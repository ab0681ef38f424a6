//! Which hosts one call has asked already, and whether it may ask them again.

use std::collections::BTreeMap;

use tokio::time::Instant;

use crate::host_id::HostId;
use crate::host_protocol::Protocol;

/// What a call has learnt about each host. Of those it hasn't met, such as one that came since, it has learnt nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tried {
    marks: BTreeMap<HostId, Mark>,
    /// Whether gpu-service alone can do it.
    native_only: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mark {
    /// It failed; asked again only in the next round.
    Failed,
    /// It failed in an earlier round; asked again where no fresh one is left.
    Forgiven,
    /// It wants to be asked again then.
    NotBefore(Instant),
    /// It will never serve this call.
    Barred,
}

impl Tried {
    /// Says whether gpu-service alone can do it: hosts of other protocols then are none for this call.
    pub(crate) fn native_only(&mut self, native_only: bool) {
        self.native_only = native_only;
    }

    /// Whether hosts of this protocol can do it at all.
    pub(crate) fn takes(&self, protocol: Protocol) -> bool {
        protocol == Protocol::GpuBridge || !self.native_only
    }

    pub(crate) fn failed(&mut self, host: HostId) {
        self.marks.insert(host, Mark::Failed);
    }

    pub(crate) fn not_before(&mut self, host: HostId, until: Instant) {
        self.marks.insert(host, Mark::NotBefore(until));
    }

    pub(crate) fn bar(&mut self, host: HostId) {
        self.marks.insert(host, Mark::Barred);
    }

    /// Begins the next round: hosts that failed may be asked again. `false` where there are none.
    pub(crate) fn forgive(&mut self) -> bool {
        let mut any = false;
        for mark in self.marks.values_mut().filter(|mark| **mark == Mark::Failed) {
            *mark = Mark::Forgiven;
            any = true;
        }
        any
    }

    /// Whether the host may be asked, now or later.
    pub(crate) fn allows(&self, host: HostId) -> bool {
        matches!(self.marks.get(&host), None | Some(Mark::Forgiven | Mark::NotBefore(_)))
    }

    /// Whether it hasn't been asked yet.
    pub(crate) fn is_fresh(&self, host: HostId) -> bool {
        !self.marks.contains_key(&host)
    }

    /// When it may be asked; `None` is now.
    pub(crate) fn blocked_until(&self, host: HostId, now: Instant) -> Option<Instant> {
        match self.marks.get(&host) {
            Some(&Mark::NotBefore(until)) if until > now => Some(until),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_is_forgiven_may_be_asked_but_is_no_fresh_one() {
        let (mut tried, [one, other]) = (Tried::default(), [0, 1].map(HostId::new));
        tried.failed(one);
        assert!(!tried.allows(one) && tried.allows(other));
        assert!(tried.forgive() && !tried.forgive());
        assert!(tried.allows(one) && !tried.is_fresh(one) && tried.is_fresh(other));
    }
}
