//! The transport of production: reqwest over rustls.
//!
//! Connections are kept and shared. Proxies follow `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, but loopback
//! addresses are never proxied. Redirects are never followed: they would carry the key elsewhere.

use std::error::Error as _;
use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Response};
use rustls::pki_types::CertificateDer;
use url::Host;

use crate::tls;
use crate::transport::{HostReply, HostRequest, Transport, TransportError};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// A peer that vanished without a word is found in three times this, however long the work takes.
const KEEPALIVE: Duration = Duration::from_secs(5);
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// Bytes of an answer. A million texts in 128 dimensions fit.
const MAX_REPLY_BYTES: usize = 512 << 20;

/// See the module.
#[derive(Debug, Clone)]
pub struct ReqwestTransport {
    proxied: Client,
    direct: Client,
}

impl ReqwestTransport {
    /// A transport that trusts the certificates that the machine trusts.
    ///
    /// # Errors
    /// When the machine's certificates can't be read. The message says so in a sentence.
    pub fn new() -> Result<Self, TransportError> {
        Self::trusting(vec![])
    }

    fn trusting(roots: Vec<CertificateDer<'static>>) -> Result<Self, TransportError> {
        let config = tls::client_config(roots).map_err(|error| {
            TransportError::Unreachable(format!("TLS can't be set up on this machine: {error}"))
        })?;
        let build = |builder: ClientBuilder| {
            let client = builder.tls_backend_preconfigured(config.clone()).build();
            client.map_err(|error| TransportError::Unreachable(chain(&error)))
        };
        Ok(Self { proxied: build(builder())?, direct: build(builder().no_proxy())? })
    }

    fn client_for(&self, host: Option<Host<&str>>) -> &Client {
        if host.is_some_and(|host| is_loopback(&host)) { &self.direct } else { &self.proxied }
    }
}

fn builder() -> ClientBuilder {
    Client::builder()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .tcp_nodelay(true)
        .tcp_keepalive(KEEPALIVE)
        .tcp_keepalive_interval(KEEPALIVE)
        .tcp_keepalive_retries(2)
        .user_agent(concat!("openclaw-gpu-bridge/", env!("CARGO_PKG_VERSION")))
}

fn is_loopback(host: &Host<&str>) -> bool {
    match *host {
        Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => IpAddr::from(address).is_loopback(),
        Host::Ipv6(address) => IpAddr::from(address).is_loopback(),
    }
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(&self, request: HostRequest) -> Result<HostReply, TransportError> {
        let client = self.client_for(request.url.host());
        let HostRequest { method, url, headers, body } = request;
        let sent = client.request(method, url).headers(headers).body(body).send().await;
        let mut response = sent.map_err(classify)?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        Ok(HostReply { status, headers, body: read(response).await? })
    }
}

/// The whole body, or an error where it is cut off or too large.
async fn read(mut response: Response) -> Result<Bytes, TransportError> {
    let announced = response.content_length().unwrap_or(0);
    let too_large = TransportError::TooLarge { limit: MAX_REPLY_BYTES };
    if announced > MAX_REPLY_BYTES as u64 {
        return Err(too_large);
    }
    let mut body = BytesMut::with_capacity(announced.min(8 << 20) as usize);
    while let Some(chunk) = response.chunk().await.map_err(classify)? {
        if body.len() + chunk.len() > MAX_REPLY_BYTES {
            return Err(too_large);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn classify(error: reqwest::Error) -> TransportError {
    let (connecting, reason) = (error.is_connect(), chain(&error.without_url()));
    if connecting { TransportError::Unreachable(reason) } else { TransportError::ConnectionLost(reason) }
}

/// reqwest's own words are vague; the reason is in its sources.
fn chain(error: &reqwest::Error) -> String {
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
    use std::sync::Arc;

    use http::{HeaderMap, Method};
    use rcgen::{CertifiedKey, generate_simple_self_signed};
    use rustls::ServerConfig;
    use rustls::crypto::ring;
    use rustls::pki_types::PrivateKeyDer;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    use super::*;

    /// An https server with its own certificate, and that certificate.
    async fn https() -> (String, CertificateDer<'static>) {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = cert.der().clone();
        let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}/health", listener.local_addr().unwrap().port());
        tokio::spawn(answer(listener, TlsAcceptor::from(Arc::new(config))));
        (url, certificate)
    }

    async fn answer(listener: TcpListener, acceptor: TlsAcceptor) {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut head = [0; 1024];
            let _ = stream.read(&mut head).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
        }
    }

    async fn ask(transport: ReqwestTransport, url: &str) -> Result<HostReply, TransportError> {
        let (method, headers, body) = (Method::GET, HeaderMap::new(), Bytes::new());
        transport.send(HostRequest { method, url: url.parse().unwrap(), headers, body }).await
    }

    #[tokio::test]
    async fn https_works_where_the_certificate_is_trusted() {
        let (url, certificate) = https().await;
        let reply = ask(ReqwestTransport::trusting(vec![certificate]).unwrap(), &url).await.unwrap();
        assert_eq!((reply.status, &reply.body[..]), (200, &b"ok"[..]));
    }

    #[tokio::test]
    async fn a_certificate_nobody_vouches_for_is_refused() {
        let (url, _) = https().await;
        let error = ask(ReqwestTransport::new().unwrap(), &url).await.unwrap_err();
        assert_eq!(error.code(), "unreachable");
        assert!(error.to_string().contains("certificate"), "{error}");
    }

    #[test]
    fn loopback_is_known_in_all_its_forms() {
        let loopback = |url: &str| is_loopback(&url::Url::parse(url).unwrap().host().unwrap());
        assert!(["http://localhost", "http://127.0.0.5", "http://[::1]"].into_iter().all(loopback));
        assert!(!["http://gpu-box", "http://10.0.0.1", "http://[fd00::1]"].into_iter().any(loopback));
    }
}
