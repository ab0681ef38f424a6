//! The hosts of a pool: those that work, and those that have left and still have something to finish.
//!
//! Decisions see the former only. A host that leaves is out of them at once; what it has in flight ends and counts as
//! ever, and with the last of it the host is gone, so that a fleet that churns for months takes no more memory than its
//! present hosts. One that comes back is a new host: it has most likely been started anew.

use std::collections::BTreeMap;
use std::ops::Index;
use std::sync::Arc;

use crate::host::Host;
use crate::host_config::HostConfig;
use crate::host_id::HostId;
use crate::member::Member;

/// See the module.
#[derive(Debug)]
pub(crate) struct Hosts {
    working: BTreeMap<HostId, Host>,
    leaving: BTreeMap<HostId, Host>,
    next: HostId,
}

impl Hosts {
    /// Those that a pool begins with: all entries but those whose hosts are yet to be discovered.
    pub(crate) fn new(configs: &[HostConfig]) -> Self {
        let mut hosts = Self { working: BTreeMap::new(), leaving: BTreeMap::new(), next: HostId::new(0) };
        let known = configs.iter().enumerate().filter(|(_, config)| config.discover.is_none());
        for (entry, config) in known {
            hosts.join(entry, config.clone());
        }
        hosts
    }

    /// A host comes. It is of that entry of the configuration.
    pub(crate) fn join(&mut self, entry: usize, config: HostConfig) -> &mut Host {
        let id = self.next;
        self.next = id.next();
        let host = Host::new(Arc::new(Member::new(id, entry, config)));
        self.working.entry(id).or_insert(host)
    }

    /// A host goes, as soon as it has finished what it has.
    pub(crate) fn leave(&mut self, id: HostId) {
        let Some(host) = self.working.remove(&id) else { return };
        host.member.left.cancel();
        self.leaving.insert(id, host);
        self.bury(id);
    }

    /// Forgets a host that has left and has nothing in flight.
    pub(crate) fn bury(&mut self, id: HostId) {
        if self.leaving.get(&id).is_some_and(|host| host.traffic.in_flight == 0) {
            self.leaving.remove(&id);
        }
    }

    /// A host that works or leaves; `None` once it is gone.
    pub(crate) fn find(&mut self, id: HostId) -> Option<&mut Host> {
        self.working.get_mut(&id).or_else(|| self.leaving.get_mut(&id))
    }

    /// Those that work, by age.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (HostId, &Host)> {
        self.working.iter().map(|(id, host)| (*id, host))
    }

    /// Whether none works.
    pub(crate) fn is_empty(&self) -> bool {
        self.working.is_empty()
    }

    /// Those that work and those that leave, in the order of the configuration and, of an entry, of their addresses.
    pub(crate) fn all(&self) -> Vec<&Host> {
        let mut all: Vec<_> = self.working.values().chain(self.leaving.values()).collect();
        all.sort_by_key(|host| {
            let member = &host.member;
            (member.entry, member.config.endpoint.connect_to, member.id)
        });
        all
    }
}

#[cfg(test)]
impl Hosts {
    /// How many are known: those that work, and those that leave.
    pub(crate) fn count(&self) -> (usize, usize) {
        (self.working.len(), self.leaving.len())
    }
}

/// A host that is known to work, for it was found under the same lock.
impl Index<HostId> for Hosts {
    type Output = Host;

    fn index(&self, id: HostId) -> &Host {
        &self.working[&id]
    }
}
