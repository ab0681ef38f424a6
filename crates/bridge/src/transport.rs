//! How a request gets to a host: a trait, so that tests can put a simulated fleet in its place.
//!
//! A transport sends one request and returns one whole answer. It follows no redirect, retries nothing and
//! knows no deadline: who drops the future has given up, and the transport must then close the connection.

use async_trait::async_trait;
use bytes::Bytes;
use gpu_bridge_protocol::headers;
use http::{HeaderMap, Method};
use url::Url;

use crate::endpoint::Endpoint;

/// One request to one host.
#[derive(Debug, Clone)]
pub struct HostRequest {
    /// GET or POST.
    pub method: Method,
    /// The whole address.
    pub url: Url,
    /// The key's value is marked sensitive.
    pub headers: HeaderMap,
    /// JSON, or nothing.
    pub body: Bytes,
    /// What the connection is made with.
    pub endpoint: Endpoint,
}

/// A whole answer, whatever its status.
#[derive(Debug, Clone)]
pub struct HostReply {
    /// The HTTP status.
    pub status: u16,
    /// The answer's headers. Where `Retry-After` is a date there is a `Date`: the host's own, or else when the answer came.
    pub headers: HeaderMap,
    /// The answer's body, complete.
    pub body: Bytes,
}

impl HostReply {
    /// What the host says of the model that answered; equal where answers are interchangeable.
    pub(crate) fn fingerprint(&self) -> Option<&str> {
        self.headers.get(headers::MODEL_FINGERPRINT)?.to_str().ok()
    }
}

/// The code of a host to which no connection was made.
pub(crate) const UNREACHABLE: &str = "unreachable";

/// Why there is no answer. Messages hold no credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No connection was made: refused, no such name, no route, TLS failed.
    #[error("can't be reached: {0}")]
    Unreachable(String),
    /// No connection was made, for this process may open no more. That says nothing of the host.
    #[error("can't be reached, for this process has no descriptor left: {0}")]
    NoDescriptor(String),
    /// The connection broke before the answer was complete.
    #[error("the connection was lost: {0}")]
    ConnectionLost(String),
    /// The answer is larger than any honest one.
    #[error("the answer has more than {limit} bytes and was dropped")]
    TooLarge {
        /// Bytes that are read.
        limit: usize,
    },
}

impl TransportError {
    /// The same, of a request that went through a proxy at this address.
    pub(crate) fn through(self, proxy: &str) -> Self {
        let told = |reason| format!("{reason} (through the proxy {})", proxy.trim_end_matches('/'));
        match self {
            Self::Unreachable(reason) => Self::Unreachable(told(reason)),
            Self::NoDescriptor(reason) => Self::NoDescriptor(told(reason)),
            Self::ConnectionLost(reason) => Self::ConnectionLost(told(reason)),
            Self::TooLarge { .. } => self,
        }
    }

    /// The word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) | Self::NoDescriptor(_) => UNREACHABLE,
            Self::ConnectionLost(_) => "connection_lost",
            Self::TooLarge { .. } => "bad_response",
        }
    }
}

/// See the module.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// When there is no whole answer. An answer with any status is none.
    async fn send(&self, request: HostRequest) -> Result<HostReply, TransportError>;
}
