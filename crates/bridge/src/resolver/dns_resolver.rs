//! The resolver of production: asks the name servers that the machine asks, and its hosts file.
//!
//! The machine's settings are read for every lookup, for they change with the networks it is in, and nothing is cached:
//! [`Discovery`](crate::discovery) asks no sooner than an answer is too old. A name that nobody can say anything about
//! ends the lookup with that failure, so that a zone whose server is down is never taken for one that has no such name.

use std::net::SocketAddr;

use async_trait::async_trait;
use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::proto::rr::Name;
use hickory_resolver::system_conf::read_system_conf;

use crate::resolver::Resolver;
use crate::resolver::dns_search::DnsSearch;
use crate::resolver::lookup::{Lookup, Records};
use crate::resolver::resolution::Resolution;
use crate::resolver::resolve_error::ResolveError;

type Settings = (ResolverConfig, ResolverOpts);

/// See the module.
#[derive(Debug, Default)]
pub struct DnsResolver {
    /// Instead of the machine's.
    settings: Option<Settings>,
}

impl DnsResolver {
    /// Asks whom the machine asks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks this name server, over UDP and TCP, and nobody else.
    pub fn asking(server: SocketAddr) -> Self {
        let mut connections = vec![ConnectionConfig::udp(), ConnectionConfig::tcp()];
        connections.iter_mut().for_each(|connection| connection.port = server.port());
        let servers = vec![NameServerConfig::new(server.ip(), true, connections)];
        let mut options = ResolverOpts::default();
        options.use_hosts_file = ResolveHosts::Never;
        Self { settings: Some((ResolverConfig::from_name_servers(servers), options)) }
    }

    fn search(&self) -> Result<DnsSearch, ResolveError> {
        let settings = self.settings.clone().map_or_else(read_system_conf, Ok);
        let (config, options) = settings.map_err(|error| {
            ResolveError::Failed(format!("the machine's DNS settings can't be read: {error}"))
        })?;
        DnsSearch::new(config, options)
    }
}

#[async_trait]
impl Resolver for DnsResolver {
    async fn resolve(&self, lookup: &Lookup) -> Result<Resolution, ResolveError> {
        let search = self.search()?;
        let name = Name::from_utf8(&lookup.name).map_err(|error| ResolveError::Failed(error.to_string()))?;
        for name in search.names(&name) {
            let found = match lookup.records {
                Records::Addresses { port } => search.addresses(&name, port).await?,
                Records::Services => search.services(&name).await?,
            };
            if !found.targets.is_empty() {
                return Ok(found.balanced());
            }
        }
        let what = match lookup.records {
            Records::Addresses { .. } => "no address (A, AAAA)",
            Records::Services => "no service (SRV) whose target has an address",
        };
        Err(ResolveError::NoHosts(format!("DNS has no such name, or {what} of it")))
    }
}
