//! How the transport of production connects: TLS, HTTP/2 and proxies, against real servers in this process.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod authority;
mod http2;
mod proxy;
mod server;
mod tls;

use std::sync::Arc;

use gpu_bridge_core::protocol::{EmbedRequest, Vectors};
use gpu_bridge_core::{Bridge, CallOptions, Config, Error, Proxies, ReqwestTransport};
use serde_json::{Value, json};

/// A bridge to these hosts that knows no proxies.
fn bridge(hosts: &Value) -> Bridge {
    bridge_through(Proxies::new("", "", ""), hosts)
}

fn bridge_through(proxies: Proxies, hosts: &Value) -> Bridge {
    let config = Config::from_json(json!({ "hosts": hosts, "apiKey": "k3y" })).unwrap();
    Bridge::new(config, Arc::new(ReqwestTransport::new(proxies)), 1)
}

async fn embed(bridge: &Bridge, text: &str) -> Result<Vectors, Error> {
    let request = EmbedRequest { texts: vec![text.to_owned()], ..Default::default() };
    bridge.embed(request, CallOptions::default()).await
}
