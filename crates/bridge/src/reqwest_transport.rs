//! The transport of production: reqwest over rustls.
//!
//! Connections are kept and shared: HTTP/2 where TLS offers it, so that many requests go over one, else HTTP/1.1.
//! [`Proxies`] says which requests go through a proxy. Redirects are never followed: they would carry the key
//! elsewhere.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use reqwest::{Request, Response};
use url::Url;

use crate::clients::{Clients, chain};
use crate::endpoint::Endpoint;
use crate::proxies::Proxies;
use crate::transport::{HostReply, HostRequest, Transport, TransportError};

/// Bytes of an answer. A million texts in 128 dimensions fit.
const MAX_REPLY_BYTES: usize = 512 << 20;
const TOO_LARGE: TransportError = TransportError::TooLarge { limit: MAX_REPLY_BYTES };
/// Bytes of it that room is made for before they come.
const TRUSTED: usize = 8 << 20;

/// See the module.
#[derive(Debug, Clone)]
pub struct ReqwestTransport(Arc<Clients>);

impl ReqwestTransport {
    /// A transport that goes through these proxies.
    pub fn new(proxies: Proxies) -> Self {
        Self(Arc::new(Clients::new(proxies)))
    }
}

impl Default for ReqwestTransport {
    /// A transport that goes through the machine's proxies.
    fn default() -> Self {
        Self::new(Proxies::of_machine())
    }
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(&self, request: HostRequest) -> Result<HostReply, TransportError> {
        let HostRequest { method, url, headers, body, endpoint } = request;
        let url = at_port(url, &endpoint);
        let (client, proxy) = self.0.get(&endpoint, &url)?;
        let mut sent = Request::new(method, url);
        *sent.headers_mut() = headers;
        *sent.body_mut() = Some(body.into());
        let mut response = client.execute(sent).await.map_err(|error| match proxy {
            Some(proxy) => classify(error).through(&proxy.uri().to_string()),
            None => classify(error),
        })?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        Ok(HostReply { status, headers, body: read(response).await? })
    }
}

/// The port of a given address stands in the url as well, for it is the url's that is connected to.
fn at_port(mut url: Url, endpoint: &Endpoint) -> Url {
    if let Some(address) = endpoint.connect_to {
        // Fails only for urls without a host, which nothing here has.
        let _ = url.set_port(Some(address.port()));
    }
    url
}

/// The whole body, or an error where it is cut off or too large. One that came in one piece is not copied.
async fn read(mut response: Response) -> Result<Bytes, TransportError> {
    let announced = response.content_length().unwrap_or(0);
    if announced > MAX_REPLY_BYTES as u64 {
        return Err(TOO_LARGE);
    }
    let first = response.chunk().await.map_err(classify)?.unwrap_or_default();
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(classify)? {
        if body.is_empty() {
            body.reserve((announced as usize).min(TRUSTED));
            body.extend_from_slice(&first);
        }
        if body.len() + chunk.len() > MAX_REPLY_BYTES {
            return Err(TOO_LARGE);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(if body.is_empty() { first } else { body.freeze() })
}

fn classify(error: reqwest::Error) -> TransportError {
    let (connecting, reason) = (error.is_connect(), chain(&error.without_url()));
    if connecting { TransportError::Unreachable(reason) } else { TransportError::ConnectionLost(reason) }
}
