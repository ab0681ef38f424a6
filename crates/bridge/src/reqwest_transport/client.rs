//! One way to connect, and the HTTP client that does so.

use std::future::ready;
use std::net::SocketAddr;
use std::time::Duration;

use hyper_util::client::proxy::matcher::Intercept;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Proxy};
use rustls::ClientConfig;

use super::reqwest_error::reason;
use crate::endpoint::Endpoint;
use crate::tls;
use crate::transport::TransportError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// A peer that vanished without a word is found in three times this, however long the work takes.
const KEEPALIVE: Duration = Duration::from_secs(5);
/// How long a client keeps a connection that nobody uses.
pub(crate) const IDLE: Duration = Duration::from_secs(60);
/// Bytes of an answer that may be on their way over HTTP/2 before the first are read: at a round trip of 10 ms that is
/// 400 MB/s. The protocol's own 64 KiB would be 6.
const STREAM_WINDOW: u32 = 4 << 20;
/// The same for all answers on one connection, so that several large ones don't hold up a small one.
const CONNECTION_WINDOW: u32 = 64 << 20;

/// What tells clients apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Way {
    pub(crate) endpoint: Endpoint,
    /// Over TLS.
    pub(crate) secure: bool,
    /// Through a proxy, which may itself be spoken to over TLS.
    pub(crate) proxied: bool,
}

impl Way {
    /// A client that connects so, through that proxy.
    ///
    /// # Errors
    /// When TLS or the proxy can't be set up on this machine.
    pub(crate) fn client(&self, proxy: Option<&Intercept>) -> Result<Client, TransportError> {
        let mut builder = base().tls_backend_preconfigured(self.tls()?);
        if let Some(address) = self.endpoint.connect_to {
            builder = builder.dns_resolver(Fixed(address));
        }
        if let Some(proxy) = proxy {
            builder = builder.proxy(as_reqwest(proxy)?);
        }
        builder.build().map_err(|error| TransportError::Unreachable(reason(&error)))
    }

    fn tls(&self) -> Result<ClientConfig, TransportError> {
        let config = match &self.endpoint.tls {
            _ if !self.secure && !self.proxied => tls::unused(),
            Some(tls) => Ok(tls.config().clone()),
            None => tls::client_config(vec![], None),
        };
        config.map_err(|error| {
            TransportError::Unreachable(format!("TLS can't be set up on this machine: {error}"))
        })
    }
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

fn as_reqwest(proxy: &Intercept) -> Result<Proxy, TransportError> {
    let unusable = |error: reqwest::Error| {
        TransportError::Unreachable(format!("the proxy {} can't be used: {}", proxy.uri(), reason(&error)))
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
