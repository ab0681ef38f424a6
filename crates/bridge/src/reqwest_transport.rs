//! The transport of production: reqwest over rustls.
//!
//! Connections are kept and shared: HTTP/2 where TLS offers it, so that many requests go over one, else HTTP/1.1.
//! [`Proxies`] says which requests go through a proxy. Redirects are never followed: they would carry the key
//! elsewhere.

mod causes;
mod client;
mod clients;
mod reply_body;
mod reqwest_error;
mod tls_advice;

use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{Stream, stream};
use reqwest::{Request, Response};
use url::Url;

use self::clients::Clients;
use self::reqwest_error::classify;
use crate::endpoint::Endpoint;
use crate::proxies::Proxies;
use crate::retry_after;
use crate::transport::{HostReply, HostRequest, Transport, TransportError};

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
        let mut headers = std::mem::take(response.headers_mut());
        retry_after::date(&mut headers, SystemTime::now());
        let body = reply_body::read(response.content_length(), chunks(response)).await?;
        Ok(HostReply { status, headers, body })
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

/// What comes of the body, piece by piece.
fn chunks(response: Response) -> impl Stream<Item = Result<Bytes, TransportError>> {
    stream::try_unfold(response, async |mut response| {
        let chunk = response.chunk().await.map_err(classify)?;
        Ok(chunk.map(|chunk| (chunk, response)))
    })
}
