//! The resolver of production: asks the name servers that the machine asks, and its hosts file.
//!
//! The machine's settings are read for every lookup, for they change with the networks it is in, and nothing is cached:
//! [`Roster`](crate::roster) asks no sooner than an answer is too old. Names without a final dot are searched for as
//! the machine does. A name that nobody can say anything about ends the search with that failure, so that a zone whose
//! server is down is never taken for one that has no such name.

use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::{join, join_all};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::rdata::SRV;
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use hickory_resolver::system_conf::read_system_conf;

use crate::lookup::{Lookup, Records};
use crate::resolution::{Resolution, Target};
use crate::resolve_error::ResolveError;
use crate::resolver::Resolver;

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

    fn search(&self) -> Result<Search, ResolveError> {
        let settings = self.settings.clone().map_or_else(read_system_conf, Ok);
        let (config, options) = settings.map_err(|error| {
            ResolveError::Failed(format!("the machine's DNS settings can't be read: {error}"))
        })?;
        let (domains, dots) = (config.search().to_vec(), options.ndots);
        let provider = TokioRuntimeProvider::default();
        let resolver = TokioResolver::builder_with_config(config, provider).with_options(options).build();
        Ok(Search { resolver: resolver.map_err(|error| failure(&error))?, domains, dots })
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

/// One lookup. What it finds may be nothing.
struct Search {
    resolver: TokioResolver,
    domains: Vec<Name>,
    /// A name with fewer is first searched for in the domains.
    dots: usize,
}

impl Search {
    /// Whole names, in the order in which they are tried.
    fn names(&self, name: &Name) -> Vec<Name> {
        let mut whole = name.clone();
        whole.set_fqdn(true);
        if name.is_fqdn() {
            return vec![whole];
        }
        let mut names: Vec<_> =
            self.domains.iter().filter_map(|domain| name.clone().append_domain(domain).ok()).collect();
        let first = usize::from(name.num_labels()) > self.dots;
        names.insert(if first { 0 } else { names.len() }, whole);
        names
    }

    /// A host for each IPv4 and IPv6 address.
    async fn addresses(&self, name: &Name, port: u16) -> Result<Resolution, ResolveError> {
        let of_kind = async |kind| {
            let records = self.records(name, kind).await?;
            let addresses = records.iter().filter_map(|record| record.data.ip_addr());
            let host = |address| Target { address: (address, port).into(), weight: 1.0, priority: 0 };
            Ok(part(addresses.map(host).collect(), &records))
        };
        let (v4, v6) = join(of_kind(RecordType::A), of_kind(RecordType::AAAA)).await;
        Resolution::of_parts([v4, v6])
    }

    /// The hosts of all SRV records.
    async fn services(&self, name: &Name) -> Result<Resolution, ResolveError> {
        let records = self.records(name, RecordType::SRV).await?;
        let services = records.iter().filter_map(|record| match &record.data {
            RData::SRV(service) => Some(service),
            _ => None,
        });
        let hosts = services.map(async |SRV { priority, weight, port, target, .. }| {
            let hosts = self.addresses(target, *port).await?;
            Ok(hosts.of_service(*priority, *weight))
        });
        let own = Ok(part(vec![], &records));
        Resolution::of_parts(join_all(hosts).await.into_iter().chain([own]))
    }

    /// The records of a name and of what it is an alias of. None is no failure.
    async fn records(&self, name: &Name, kind: RecordType) -> Result<Vec<Record>, ResolveError> {
        match self.resolver.lookup(name.clone(), kind).await {
            Ok(answer) => Ok(answer.answers().to_vec()),
            Err(error) if error.is_no_records_found() => Ok(vec![]),
            Err(error) => Err(failure(&error)),
        }
    }
}

/// Holds as long as the shortest record.
fn part(targets: Vec<Target>, records: &[Record]) -> Resolution {
    let ttl = records.iter().map(|record| Duration::from_secs(record.ttl.into())).min();
    Resolution { targets, ttl: ttl.unwrap_or(Duration::MAX), complete: true }
}

fn failure(error: &NetError) -> ResolveError {
    ResolveError::Failed(error.to_string())
}
