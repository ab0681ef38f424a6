//! The hosts of a configuration: addresses, names, keys and weights, each host once.
//!
//! An entry may stand for many hosts that are yet to be [discovered](crate::discovery); each of those is one more
//! [`HostConfig`], made of the entry's.

use std::collections::HashSet;
use std::sync::Arc;

use crate::api_key::ApiKey;
use crate::config_error::ConfigError;
use crate::endpoint::Endpoint;
use crate::host_protocol::Protocol;
use crate::host_tls::HostTls;
use crate::host_url::HostUrl;
use crate::origin::Origin;
use crate::raw_config::{Discover, RawConfig, RawHost, RawTls};
use crate::resolver::lookup::Lookup;
use crate::setting;

/// One host, or an entry that stands for many.
#[derive(Debug, Clone)]
pub(crate) struct HostConfig {
    pub(crate) name: String,
    pub(crate) url: HostUrl,
    pub(crate) protocol: Protocol,
    pub(crate) api_key: Option<ApiKey>,
    /// Its share of the calls, against the other hosts' weights.
    pub(crate) weight: f64,
    /// It is asked only where no host of its entry with a lower number may be.
    pub(crate) priority: u16,
    /// What connections to it are made with.
    pub(crate) endpoint: Endpoint,
    /// It is no host, but stands for those that are found so.
    pub(crate) discover: Option<Lookup>,
    /// How it was found, if it was.
    pub(crate) origin: Option<Arc<Origin>>,
}

/// The hosts of 0.2, or else the one of 0.1, or none.
pub(crate) fn hosts(raw: &RawConfig) -> Result<Vec<HostConfig>, ConfigError> {
    let fallback = key("apiKey", raw.api_key.as_deref().unwrap_or_default())?;
    let list = raw.hosts.as_deref().unwrap_or_default();
    let hosts = match legacy(raw).filter(|_| list.is_empty()) {
        Some((at, url)) => vec![host(at, "gpu-1".to_owned(), url, fallback, 1.0)?],
        None => from_list(list, fallback.as_ref())?,
    };
    refuse_doubles(&hosts)?;
    Ok(hosts)
}

/// The address of 0.1 and its key. An empty one is none, as in 0.2.
fn legacy(raw: &RawConfig) -> Option<(&'static str, &str)> {
    let both = [("serviceUrl", &raw.service_url), ("url", &raw.url)];
    let (at, url) = both.into_iter().find_map(|(at, url)| Some((at, url.as_deref()?)))?;
    (!url.is_empty()).then_some((at, url))
}

fn from_list(list: &[RawHost], fallback: Option<&ApiKey>) -> Result<Vec<HostConfig>, ConfigError> {
    let hosts = list.iter().enumerate().map(|(index, raw)| entry(index, raw, fallback));
    hosts.collect()
}

fn entry(index: usize, raw: &RawHost, fallback: Option<&ApiKey>) -> Result<HostConfig, ConfigError> {
    let at = format!("hosts[{index}]");
    let api_key = match &raw.api_key {
        Some(text) => key(&format!("{at}.apiKey"), text)?,
        None => fallback.cloned(),
    };
    let weight = raw.weight.map_or(Ok(1.0), |weight| setting::weight(&format!("{at}.weight"), weight))?;
    let name = raw.name.clone().filter(|name| !name.is_empty());
    let name = name.unwrap_or_else(|| format!("gpu-{}", index + 1));
    let at_url = format!("{at}.url");
    let mut host = host(&at_url, name, &raw.url, api_key, weight)?;
    host.protocol = raw.protocol.unwrap_or_default();
    host.endpoint.tls = raw.tls.as_ref().map_or(Ok(None), |tls| own_tls(&at, tls, &host.url))?;
    let lookup = raw.discover.as_ref().map(|Discover::Dns| Lookup::of(&host.url)).transpose();
    host.discover = lookup.map_err(|reason| ConfigError::value(at_url, reason))?;
    Ok(host)
}

fn host(
    key: &str,
    name: String,
    url: &str,
    api_key: Option<ApiKey>,
    weight: f64,
) -> Result<HostConfig, ConfigError> {
    let url = HostUrl::parse(url).map_err(|reason| ConfigError::value(key, reason))?;
    let (protocol, endpoint) = (Protocol::default(), Endpoint::default());
    let (priority, discover, origin) = (0, None, None);
    Ok(HostConfig { name, url, protocol, api_key, weight, priority, endpoint, discover, origin })
}

/// A host that isn't asked over TLS can't have settings for it: they would protect nothing.
fn own_tls(at: &str, raw: &RawTls, url: &HostUrl) -> Result<Option<HostTls>, ConfigError> {
    let at = format!("{at}.tls");
    let tls = HostTls::read(&at, raw)?;
    match tls.is_some() && !url.is_secure() {
        true => Err(ConfigError::value(at, format!("is set for {url}; TLS needs a `url` with https://"))),
        false => Ok(tls),
    }
}

fn refuse_doubles(hosts: &[HostConfig]) -> Result<(), ConfigError> {
    let (mut names, mut urls) = (HashSet::new(), HashSet::new());
    for (index, host) in hosts.iter().enumerate() {
        if !names.insert(&host.name) {
            let reason = format!("is {:?}, as another host's; give each its own name", host.name);
            return Err(ConfigError::value(format!("hosts[{index}].name"), reason));
        }
        if !urls.insert(&host.url) {
            let reason = format!("is {}, as another host's; list each host once", host.url);
            return Err(ConfigError::value(format!("hosts[{index}].url"), reason));
        }
    }
    Ok(())
}

fn key(at: &str, text: &str) -> Result<Option<ApiKey>, ConfigError> {
    ApiKey::parse(text).map_err(|reason| ConfigError::value(at, reason))
}
