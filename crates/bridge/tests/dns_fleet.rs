//! A fleet over real sockets, on several addresses of this machine, that a bridge follows through a real name server.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

#[path = "support/name_server.rs"]
mod name_server;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::routing::{get, post};
use axum::{Json, Router};
use gpu_bridge_core::protocol::EmbedRequest;
use gpu_bridge_core::{Bridge, CallOptions, Config, DnsResolver, Proxies, ReqwestTransport};
use name_server::NameServer;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A gpu-service that is stopped as one is that gets SIGTERM: what it has begun it ends.
struct Host {
    calls: Arc<AtomicUsize>,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

async fn embed(Json(request): Json<EmbedRequest>) -> Json<Value> {
    let embeddings = vec![[1.0, 2.0]; request.texts.len()];
    Json(json!({ "embeddings": embeddings, "model": "m", "dimensions": 2 }))
}

impl Host {
    fn start(listener: TcpListener) -> Self {
        let (calls, stop) = (Arc::new(AtomicUsize::new(0)), CancellationToken::new());
        let (counted, stopped) = (Arc::clone(&calls), stop.clone());
        let embed = post(move |request| {
            counted.fetch_add(1, Ordering::SeqCst);
            embed(request)
        });
        let health = get(async || Json(json!({ "status": "ok", "device": "cpu" })));
        let router = Router::new().route("/embed", embed).route("/health", health);
        let serving = tokio::spawn(async move {
            let stopped = stopped.cancelled_owned();
            axum::serve(listener, router).with_graceful_shutdown(stopped).await.unwrap();
        });
        Self { calls, stop, serving }
    }

    async fn stop(self) -> usize {
        self.stop.cancel();
        self.serving.await.unwrap();
        self.calls.load(Ordering::SeqCst)
    }
}

/// What this test plays: hosts by the last number of their address, all on one port.
struct Fleet {
    server: Arc<NameServer>,
    port: u16,
    hosts: BTreeMap<u8, Host>,
}

impl Fleet {
    async fn start() -> Self {
        let first = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = first.local_addr().unwrap().port();
        let hosts = BTreeMap::from([(1, Host::start(first))]);
        let fleet = Self { server: NameServer::start().await, port, hosts };
        fleet.announce();
        fleet
    }

    fn announce(&self) {
        let addresses: Vec<_> = self.hosts.keys().map(|host| format!("127.0.0.{host}")).collect();
        let addresses: Vec<_> = addresses.iter().map(String::as_str).collect();
        self.server.has("pool.test.", 1, &addresses);
    }

    async fn comes(&mut self, host: u8) {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, host], self.port))).await.unwrap();
        self.hosts.insert(host, Host::start(listener));
        self.announce();
    }

    /// DNS hears of it first; it stops once the bridge knows.
    async fn goes(&mut self, host: u8, bridge: &Bridge) -> usize {
        let leaves = self.hosts.remove(&host).unwrap();
        self.announce();
        self.is_known(bridge).await;
        leaves.stop().await
    }

    /// Makes calls until the bridge has heard of the present fleet, and each of its hosts has been asked.
    async fn is_known(&self, bridge: &Bridge) {
        let expected: Vec<_> =
            self.hosts.keys().map(|host| format!("pool/127.0.0.{host}:{}", self.port)).collect();
        loop {
            call(bridge).await;
            let hosts = bridge.hosts();
            let names = hosts.iter().map(|host| &host.name);
            if names.eq(&expected) && hosts.iter().all(|host| host.requests > 0) {
                return;
            }
        }
    }

    fn bridge(&self) -> Bridge {
        let url = format!("http://pool.test:{}", self.port);
        let config = json!({ "hosts": [{ "url": url, "name": "pool", "discover": "dns" }] });
        let resolver = Arc::new(DnsResolver::asking(self.server.address));
        let transport = Arc::new(ReqwestTransport::new(Proxies::new("", "", "")));
        Bridge::with_resolver(Config::from_json(config).unwrap(), transport, resolver, 1)
    }
}

async fn call(bridge: &Bridge) {
    let request = EmbedRequest { texts: vec!["a text".to_owned()], ..Default::default() };
    assert_eq!(bridge.embed(request, CallOptions::default()).await.unwrap().data, [1.0, 2.0]);
}

async fn caller(bridge: Bridge, over: Arc<AtomicBool>) -> usize {
    let mut calls = 0;
    while !over.load(Ordering::SeqCst) {
        call(&bridge).await;
        calls += 1;
    }
    calls
}

#[tokio::test]
async fn no_call_is_lost_while_hosts_come_and_go() {
    let mut fleet = Fleet::start().await;
    let (bridge, over) = (fleet.bridge(), Arc::new(AtomicBool::new(false)));
    let callers: Vec<_> = (0..4).map(|_| tokio::spawn(caller(bridge.clone(), Arc::clone(&over)))).collect();
    fleet.comes(2).await;
    fleet.comes(3).await;
    fleet.is_known(&bridge).await;
    assert!(fleet.goes(1, &bridge).await > 0);
    fleet.comes(4).await;
    assert!(fleet.goes(2, &bridge).await > 0);
    over.store(true, Ordering::SeqCst);
    for caller in callers {
        assert!(caller.await.unwrap() > 0);
    }
    bridge.close().await;
    for host in std::mem::take(&mut fleet.hosts).into_values() {
        assert!(host.stop().await > 0);
    }
}
