//! The hosts of one entry that are in the pool now, by their addresses.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::time::Instant;

use crate::host_config::HostConfig;
use crate::keeper::Keeper;
use crate::member::Member;
use crate::pool::Pool;
use crate::resolver::resolution::Target;

/// See the module.
pub(crate) struct Present {
    pool: Arc<Pool>,
    /// Watches those that join.
    keeper: Keeper,
    hosts: BTreeMap<SocketAddr, Arc<Member>>,
}

impl Present {
    /// None yet.
    pub(crate) fn new(pool: Arc<Pool>, keeper: Keeper) -> Self {
        Self { pool, keeper, hosts: BTreeMap::new() }
    }

    /// A host of the entry at that `place` of the configuration comes.
    pub(crate) fn join(&mut self, place: usize, config: HostConfig, target: &Target) {
        let host = self.pool.join(place, config, Instant::now());
        self.keeper.watch(Arc::clone(&host));
        self.hosts.insert(target.address, host);
    }

    /// Weight and priority are others now.
    pub(crate) fn change(&self, config: &HostConfig, target: &Target) {
        if let Some(host) = self.hosts.get(&target.address) {
            self.pool.update(host.id, |host, _| {
                (host.weight, host.priority) = (config.weight, config.priority);
            });
        }
    }

    /// A host goes.
    pub(crate) fn leave(&mut self, address: &SocketAddr) {
        if let Some(host) = self.hosts.remove(address) {
            self.pool.leave(&host);
        }
    }
}
