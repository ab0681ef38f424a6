//! The HTTP clients: one for every way to connect that is in use.
//!
//! A client keeps its connections for [`IDLE`]. One that wasn't asked for as long has none left and is dropped when
//! another is made, so that hosts which come and go leave nothing behind.

use std::collections::HashMap;
use std::error::Error as _;
use std::future::ready;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hyper_util::client::proxy::matcher::Intercept;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Proxy};
use rustls::ClientConfig;
use tokio::time::Instant;
use url::Url;

use crate::endpoint::Endpoint;
use crate::proxies::Proxies;
use crate::tls;
use crate::transport::TransportError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// A peer that vanished without a word is found in three times this, however long the work takes.
const KEEPALIVE: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_secs(60);
/// Bytes of an answer that may be on their way over HTTP/2 before the first are read: at a round trip of 10 ms that is
/// 400 MB/s. The protocol's own 64 KiB would be 6.
const STREAM_WINDOW: u32 = 4 << 20;
/// The same for all answers on one connection, so that several large ones don't hold up a small one.
const CONNECTION_WINDOW: u32 = 64 << 20;

/// See the module.
#[derive(Debug)]
pub(crate) struct Clients {
    proxies: Proxies,
    made: Mutex<HashMap<Way, (Client, Instant)>>,
}

/// What tells clients apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Way {
    endpoint: Endpoint,
    secure: bool,
    proxied: bool,
}

impl Clients {
    pub(crate) fn new(proxies: Proxies) -> Self {
        Self { proxies, made: Mutex::default() }
    }

    /// The client for an address, and its proxy if it uses one.
    ///
    /// # Errors
    /// When TLS or the proxy can't be set up on this machine.
    pub(crate) fn get(
        &self,
        endpoint: &Endpoint,
        url: &Url,
    ) -> Result<(Client, Option<Intercept>), TransportError> {
        let proxy = self.proxies.of(url).filter(|_| endpoint.connect_to.is_none());
        let way =
            Way { endpoint: endpoint.clone(), secure: url.scheme() == "https", proxied: proxy.is_some() };
        let (mut made, now) = (self.made.lock().unwrap_or_else(PoisonError::into_inner), Instant::now());
        if let Some((client, asked)) = made.get_mut(&way) {
            *asked = now;
            return Ok((client.clone(), proxy));
        }
        made.retain(|_, (_, asked)| now.saturating_duration_since(*asked) < IDLE);
        let client = build(&way, proxy.as_ref())?;
        made.insert(way, (client.clone(), now));
        Ok((client, proxy))
    }
}

fn build(way: &Way, proxy: Option<&Intercept>) -> Result<Client, TransportError> {
    let mut builder = base().tls_backend_preconfigured(tls_of(way)?);
    if let Some(address) = way.endpoint.connect_to {
        builder = builder.dns_resolver(Fixed(address));
    }
    if let Some(proxy) = proxy {
        builder = builder.proxy(as_reqwest(proxy)?);
    }
    builder.build().map_err(|error| TransportError::Unreachable(chain(&error)))
}

/// Every redirect is refused: it would carry the key elsewhere.
fn base() -> ClientBuilder {
    Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE)
        .tcp_nodelay(true)
        .tcp_keepalive(KEEPALIVE)
        .tcp_keepalive_interval(KEEPALIVE)
        .tcp_keepalive_retries(2)
        .http2_keep_alive_interval(KEEPALIVE)
        .http2_keep_alive_timeout(KEEPALIVE)
        .http2_initial_stream_window_size(STREAM_WINDOW)
        .http2_initial_connection_window_size(CONNECTION_WINDOW)
        .user_agent(concat!("openclaw-gpu-bridge/", env!("CARGO_PKG_VERSION")))
}

fn tls_of(way: &Way) -> Result<ClientConfig, TransportError> {
    let config = match &way.endpoint.tls {
        _ if !way.secure && !way.proxied => tls::unused(),
        Some(tls) => Ok(tls.config().clone()),
        None => tls::client_config(vec![], None),
    };
    config
        .map_err(|error| TransportError::Unreachable(format!("TLS can't be set up on this machine: {error}")))
}

fn as_reqwest(proxy: &Intercept) -> Result<Proxy, TransportError> {
    let unusable = |error: reqwest::Error| {
        TransportError::Unreachable(format!("the proxy {} can't be used: {}", proxy.uri(), chain(&error)))
    };
    let made = Proxy::all(proxy.uri().to_string()).map_err(unusable)?;
    Ok(match (proxy.basic_auth(), proxy.raw_auth()) {
        (Some(header), _) => made.custom_http_auth(header.clone()),
        (None, Some((user, password))) => made.basic_auth(user, password),
        (None, None) => made,
    })
}

/// A name's only address.
struct Fixed(SocketAddr);

impl Resolve for Fixed {
    fn resolve(&self, _: Name) -> Resolving {
        let addresses: Addrs = Box::new([self.0].into_iter());
        Box::pin(ready(Ok(addresses)))
    }
}

/// reqwest's own words are vague; the reason is in its sources.
pub(crate) fn chain(error: &reqwest::Error) -> String {
    let mut sources = vec![];
    let mut source = error.source();
    while let Some(inner) = source {
        sources.push(inner.to_string());
        source = inner.source();
    }
    sources.dedup();
    match sources.is_empty() {
        true => error.to_string(),
        false => sources.join(": "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(clients: &Clients, port: u16) {
        let endpoint = Endpoint { connect_to: Some(([127, 0, 0, 1], port).into()), ..Endpoint::default() };
        clients.get(&endpoint, &"http://gpu-box".parse().unwrap()).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn clients_of_endpoints_that_are_gone_are_dropped() {
        let clients = Clients::new(Proxies::new("", "", ""));
        let made = || clients.made.lock().unwrap().len();
        for port in 1..=10 {
            ask(&clients, port);
        }
        assert_eq!(made(), 10);
        tokio::time::advance(IDLE / 2).await;
        ask(&clients, 1);
        tokio::time::advance(IDLE / 2).await;
        ask(&clients, 1);
        assert_eq!(made(), 10, "nothing new is made");
        ask(&clients, 11);
        assert_eq!(made(), 2);
    }

    #[test]
    fn equal_endpoints_share_a_client_whatever_the_url() {
        let clients = Clients::new(Proxies::new("http://proxy:1", "", ""));
        for url in ["http://127.0.0.1:1", "http://127.0.0.1:2", "http://gpu-box", "http://gpu-rack"] {
            clients.get(&Endpoint::default(), &url.parse().unwrap()).unwrap();
        }
        assert_eq!(clients.made.lock().unwrap().len(), 2, "direct, and through the proxy");
    }
}
