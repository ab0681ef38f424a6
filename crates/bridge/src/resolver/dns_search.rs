//! One lookup in DNS: the names that are tried, and the hosts behind each. What it finds may be nothing.
//!
//! Names without a final dot are searched for as the machine does.

use std::time::Duration;

use futures_util::future::{join, join_all};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ResolverConfig, ResolverOpts};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::rdata::SRV;
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};

use crate::resolver::resolution::{Resolution, Target};
use crate::resolver::resolve_error::ResolveError;

/// See the module.
pub(crate) struct DnsSearch {
    resolver: TokioResolver,
    domains: Vec<Name>,
    /// A name with fewer is first searched for in the domains.
    dots: usize,
}

impl DnsSearch {
    pub(crate) fn new(config: ResolverConfig, options: ResolverOpts) -> Result<Self, ResolveError> {
        let (domains, dots) = (config.search().to_vec(), options.ndots);
        let provider = TokioRuntimeProvider::default();
        let resolver = TokioResolver::builder_with_config(config, provider).with_options(options).build();
        Ok(Self { resolver: resolver.map_err(|error| failure(&error))?, domains, dots })
    }

    /// Whole names, in the order in which they are tried.
    pub(crate) fn names(&self, name: &Name) -> Vec<Name> {
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
    pub(crate) async fn addresses(&self, name: &Name, port: u16) -> Result<Resolution, ResolveError> {
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
    pub(crate) async fn services(&self, name: &Name) -> Result<Resolution, ResolveError> {
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
