//! How many slices of one call each host has.

use std::collections::BTreeMap;

use crate::host_id::HostId;

/// See the module. Hosts that have none take no room.
#[derive(Debug, Default)]
pub(crate) struct Held(BTreeMap<HostId, usize>);

impl Held {
    /// The slices that a host has.
    pub(crate) fn by(&self, host: HostId) -> usize {
        self.0.get(&host).copied().unwrap_or(0)
    }

    /// A host gets one.
    pub(crate) fn give(&mut self, host: HostId) {
        *self.0.entry(host).or_default() += 1;
    }

    /// A host is done with one.
    pub(crate) fn take(&mut self, host: HostId) {
        match self.by(host) {
            0 | 1 => self.0.remove(&host),
            more => self.0.insert(host, more - 1),
        };
    }
}
