//! Puts a request into the form a host wants: address, key, deadline, request id.
//!
//! The only place that touches a host's key. Every answer's load report goes to the pool from here.

use std::sync::Arc;

use bytes::Bytes;
use gpu_bridge_protocol::{HostLoad, headers};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use tokio::time::{Instant, timeout_at};

use crate::config::Config;
use crate::deadline::Deadline;
use crate::fault::Fault;
use crate::member::Member;
use crate::pool::Pool;
use crate::shortage::Shortage;
use crate::trace::Span;
use crate::transport::{HostReply, HostRequest, Transport, TransportError};

/// Headers of a request, with those that HTTP itself adds: room for all at once.
const HEADERS: usize = 12;

/// A request that any host could be asked.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) path: &'static str,
    /// JSON; a question without a body is a GET.
    pub(crate) body: Option<Bytes>,
    pub(crate) accept: &'static str,
    /// The same for all attempts of a call, so that logs of two hosts can be matched.
    pub(crate) request_id: u64,
    /// Whose trace it belongs to, if anybody's.
    pub(crate) span: Option<Span>,
}

impl Question {
    /// A GET for JSON.
    pub(crate) fn get(path: &'static str, request_id: u64) -> Self {
        Self { path, body: None, accept: "application/json", request_id, span: None }
    }

    /// The same, as a span of a trace.
    pub(crate) fn within(&self, span: Span) -> Self {
        Self { span: Some(span), ..self.clone() }
    }
}

/// See the module.
#[derive(Clone)]
pub(crate) struct HostClient {
    pub(crate) config: Arc<Config>,
    pub(crate) pool: Arc<Pool>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) shortage: Arc<Shortage>,
}

impl HostClient {
    /// Asks one host once.
    pub(crate) async fn ask(
        &self,
        host: &Member,
        question: &Question,
        deadline: Deadline,
    ) -> Result<HostReply, TransportError> {
        let sent = self.send(host, question, deadline).await;
        let mut reply = sent.inspect_err(|error| host.on_failure(error))?;
        let load = reply.headers.get(headers::ENDPOINT_LOAD).and_then(|value| value.to_str().ok());
        self.pool.report(host.id, load.and_then(HostLoad::from_header), Instant::now());
        if let Some(key) = host.config.api_key.as_ref().filter(|_| !(200..300).contains(&reply.status)) {
            reply.body = key.blot_out(reply.body);
        }
        Ok(reply)
    }

    /// Sends a question, where need be once the process has a descriptor for it.
    async fn send(
        &self,
        host: &Member,
        question: &Question,
        deadline: Deadline,
    ) -> Result<HostReply, TransportError> {
        let (begun, _turn) = (Instant::now(), self.shortage.turn());
        loop {
            match self.transport.send(request(host, question, deadline)).await {
                Err(TransportError::NoDescriptor(_)) if self.shortage.over(begun).await => {}
                sent => return sent,
            }
        }
    }

    /// [`ask`](Self::ask) until the deadline, after which the answer is `silence`.
    pub(crate) async fn ask_until(
        &self,
        host: &Member,
        question: &Question,
        deadline: Deadline,
        silence: Fault,
    ) -> Result<HostReply, Fault> {
        match timeout_at(deadline.instant(), self.ask(host, question, deadline)).await {
            Err(_) => Err(silence),
            Ok(Err(error)) => Err(Fault::new(error.code(), None, error.to_string())),
            Ok(Ok(reply)) => Ok(reply),
        }
    }
}

fn request(host: &Member, question: &Question, deadline: Deadline) -> HostRequest {
    let config = &host.config;
    let (method, body) = match &question.body {
        Some(body) => (Method::POST, body.clone()),
        None => (Method::GET, Bytes::new()),
    };
    let headers = header_map(host, question, deadline);
    let (url, endpoint) = (config.url.route(question.path, config.protocol), config.endpoint.clone());
    HostRequest { method, url, headers, body, endpoint }
}

fn header_map(host: &Member, question: &Question, deadline: Deadline) -> HeaderMap {
    let mut map = HeaderMap::with_capacity(HEADERS);
    map.insert(ACCEPT, HeaderValue::from_static(question.accept));
    let left = deadline.millis_left(Instant::now());
    map.insert(const { HeaderName::from_static(headers::DEADLINE_MS) }, left.into());
    if let Ok(id) = HeaderValue::try_from(format!("{:016x}", question.request_id)) {
        map.insert(const { HeaderName::from_static(headers::REQUEST_ID) }, id);
    }
    if let Some(span) = question.span.clone() {
        span.inject(&mut map);
    }
    if let Some(key) = &host.config.api_key {
        let (name, value) = key.header(host.config.protocol);
        map.insert(name, value);
    }
    if question.body.is_some() {
        map.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    map
}
