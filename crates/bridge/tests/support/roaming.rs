//! A fleet whose hosts come and go, with the DNS that says who is there: both are what the test says.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use gpu_bridge_core::protocol::EmbedRequest;
use gpu_bridge_core::{
    Bridge, Config, HostReply, HostRequest, Lookup, Resolution, ResolveError, Resolver, Target, Transport,
    TransportError,
};
use serde_json::{Value, json};

use super::{good, ms};

type Answer = Result<Resolution, ResolveError>;

/// See the module.
pub(crate) struct Roaming {
    alive: Mutex<BTreeSet<SocketAddr>>,
    answer: Mutex<Answer>,
    /// How long a lookup takes.
    pub(crate) lookup_time: Mutex<Duration>,
    pub(crate) lookups: AtomicUsize,
    /// Texts that each host has done.
    pub(crate) done: Mutex<BTreeMap<SocketAddr, usize>>,
}

/// Where the host of this number listens.
pub(crate) fn address(host: usize) -> SocketAddr {
    ([10, 0, (host >> 8) as u8, host as u8], 8765).into()
}

pub(crate) fn target(host: usize) -> Target {
    Target { address: address(host), weight: 1.0, priority: 0 }
}

pub(crate) fn hosts(hosts: impl IntoIterator<Item = usize>) -> Answer {
    lasting(Duration::from_secs(5), hosts.into_iter().map(target).collect())
}

pub(crate) fn lasting(ttl: Duration, targets: Vec<Target>) -> Answer {
    Ok(Resolution { targets, ttl, complete: true })
}

impl Roaming {
    /// A fleet in which these hosts are alive, and known.
    pub(crate) fn of(alive: impl IntoIterator<Item = usize> + Clone) -> Arc<Self> {
        let answer = Mutex::new(hosts(alive.clone()));
        let alive = Mutex::new(alive.into_iter().map(address).collect());
        let (lookup_time, lookups, done) = (Mutex::default(), AtomicUsize::new(0), Mutex::default());
        Arc::new(Self { alive, answer, lookup_time, lookups, done })
    }

    pub(crate) fn starts(&self, host: usize) {
        self.alive.lock().unwrap().insert(address(host));
    }

    pub(crate) fn stops(&self, host: usize) {
        self.alive.lock().unwrap().remove(&address(host));
    }

    pub(crate) fn is_told(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    /// Texts that a host has done.
    pub(crate) fn done(&self, host: usize) -> usize {
        self.done.lock().unwrap().get(&address(host)).copied().unwrap_or(0)
    }

    /// A bridge with one entry, `pool`; `extra` goes into its configuration.
    pub(crate) fn bridge(self: &Arc<Self>, extra: &Value) -> Bridge {
        let entry = json!({ "name": "pool", "url": "http://gpu-pool:8765", "discover": "dns" });
        let mut config = json!({ "hosts": [entry] });
        config.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        Bridge::with_resolver(Config::from_json(config).unwrap(), self.clone(), self.clone(), 7)
    }
}

#[async_trait]
impl Resolver for Roaming {
    async fn resolve(&self, _: &Lookup) -> Answer {
        self.lookups.fetch_add(1, Ordering::SeqCst);
        let takes = *self.lookup_time.lock().unwrap();
        tokio::time::sleep(takes).await;
        self.answer.lock().unwrap().clone()
    }
}

/// A host does a text in a millisecond, after twenty for the way; one that stops loses what it was at.
#[async_trait]
impl Transport for Roaming {
    async fn send(&self, request: HostRequest) -> Result<HostReply, TransportError> {
        let at = request.endpoint.connect_to.unwrap();
        assert_eq!(request.url.host_str(), Some("gpu-pool"), "TLS and `Host` go by the entry's name");
        let alive = || self.alive.lock().unwrap().contains(&at);
        if !alive() {
            return Err(TransportError::Unreachable("connection refused".to_owned()));
        }
        let texts = match request.url.path() {
            "/embed" => serde_json::from_slice::<EmbedRequest>(&request.body).unwrap().texts.len(),
            _ => 0,
        };
        tokio::time::sleep(ms(20 + texts as u64)).await;
        if !alive() {
            return Err(TransportError::ConnectionLost("reset".to_owned()));
        }
        *self.done.lock().unwrap().entry(at).or_default() += texts;
        Ok(good(&request))
    }
}
