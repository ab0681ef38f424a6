//! A simulated fleet in the network's place: hosts are functions from a request to a reaction, time is paused.

#![allow(dead_code, reason = "each test file uses its own part")]

mod device;
pub(crate) mod roaming;
pub(crate) mod service;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
pub(crate) use device::Device;
use gpu_bridge_core::protocol::{BertScoreRequest, EmbedRequest, EmbedResponse, References};
use gpu_bridge_core::{Bridge, CallOptions, Config, HostReply, HostRequest, Transport, TransportError};
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use tokio::time::Instant;

/// What a host does with a request.
pub(crate) enum Reaction {
    /// Answers after a while.
    Reply(Duration, HostReply),
    /// Breaks after a while.
    Fail(Duration, TransportError),
    /// Answers when its device has done this many tokens' work.
    Work(Arc<Device>, f64, HostReply),
    /// Never answers.
    Hang,
}

/// A host: gets the request and the time since the fleet began.
pub(crate) type Host = Box<dyn Fn(&HostRequest, Duration) -> Reaction + Send + Sync>;

/// A request that reached a host.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) host: usize,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) at: Duration,
}

/// Hosts at `http://h0`, `http://h1` and so on.
pub(crate) struct Fleet {
    hosts: Vec<Host>,
    begun: Instant,
    seen: Mutex<Vec<Seen>>,
    open: AtomicUsize,
}

struct Open<'a>(&'a AtomicUsize);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Transport for Fleet {
    async fn send(&self, request: HostRequest) -> Result<HostReply, TransportError> {
        self.open.fetch_add(1, Ordering::SeqCst);
        let _open = Open(&self.open);
        let host: usize = request.url.host_str().unwrap()[1..].parse().unwrap();
        let at = self.begun.elapsed();
        let (path, headers) = (request.url.path().to_owned(), request.headers.clone());
        let body = request.body.clone();
        self.seen.lock().unwrap().push(Seen { host, path, headers, body, at });
        match self.hosts[host](&request, at) {
            Reaction::Hang => std::future::pending().await,
            Reaction::Fail(after, error) => {
                tokio::time::sleep(after).await;
                Err(error)
            }
            Reaction::Work(device, tokens, reply) => {
                device.run(tokens, self.begun).await;
                Ok(reply)
            }
            Reaction::Reply(after, reply) => {
                tokio::time::sleep(after).await;
                Ok(reply)
            }
        }
    }
}

impl Fleet {
    pub(crate) fn new(hosts: Vec<Host>) -> Arc<Self> {
        let (seen, open) = (Mutex::default(), AtomicUsize::new(0));
        Arc::new(Self { hosts, begun: Instant::now(), seen, open })
    }

    /// Which hosts got requests on a path, in order.
    pub(crate) fn hosts_asked(&self, path: &str) -> Vec<usize> {
        let seen = self.seen.lock().unwrap();
        seen.iter().filter(|seen| seen.path == path).map(|seen| seen.host).collect()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Requests whose senders still wait.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// A bridge to this fleet; `extra` goes into its configuration.
    pub(crate) fn bridge(self: &Arc<Self>, extra: &Value) -> Bridge {
        self.seeded_bridge(extra, 7)
    }

    pub(crate) fn seeded_bridge(self: &Arc<Self>, extra: &Value, seed: u64) -> Bridge {
        let urls = (0..self.hosts.len()).map(|index| json!({ "url": format!("http://h{index}") }));
        let mut config = json!({ "hosts": urls.collect::<Vec<_>>() });
        config.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        Bridge::new(Config::from_json(config).unwrap(), self.clone(), seed)
    }
}

pub(crate) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) fn reply(status: u16, body: &Value) -> HostReply {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    HostReply { status, headers, body: body.to_string().into() }
}

/// An error as the service writes it.
pub(crate) fn refusal(status: u16, code: &str) -> HostReply {
    reply(status, &json!({ "detail": "No.", "code": code }))
}

pub(crate) fn parked(seconds: u64) -> HostReply {
    let mut reply = refusal(503, "overloaded");
    reply.headers.insert("retry-after", seconds.into());
    reply
}

/// What a good host of 0.2 answers: vectors of two numbers, JSON, no usage.
pub(crate) fn good(request: &HostRequest) -> HostReply {
    match request.url.path() {
        "/health" => reply(200, &json!({ "status": "ok", "device": "cpu" })),
        "/info" => reply(200, &info()),
        "/status" => reply(200, &status()),
        "/embed" => reply(200, &vectors(request)),
        "/bertscore" => reply(200, &scores(request)),
        path => reply(404, &json!({ "detail": format!("no {path}") })),
    }
}

fn info() -> Value {
    json!({ "device": "cpu", "device_name": "CPU", "pytorch_version": "2.11.0", "cuda_version": null,
            "loaded_models": ["embed:m"] })
}

fn status() -> Value {
    let queue = json!({ "max_concurrent": 2, "in_flight": 1, "available_slots": 1, "waiting_estimate": 0 });
    let job = json!({ "id": "j", "type": "embed", "started_at": "2026-01-01T00:00:00Z", "items": 3,
                      "model": "m", "progress": 0.5 });
    json!({ "queue": queue, "active_jobs": [job] })
}

fn vectors(request: &HostRequest) -> Value {
    let request: EmbedRequest = serde_json::from_slice(&request.body).unwrap();
    let embeddings: Vec<_> = (0..request.texts.len()).map(|index| vec![index as f32, 1.0]).collect();
    let model = request.model.unwrap_or_else(|| "m".to_owned());
    let answer = EmbedResponse { embeddings, model, dimensions: 2, ..Default::default() };
    let mut json = serde_json::to_value(answer).unwrap();
    json.as_object_mut().unwrap().retain(|key, _| key != "usage" && key != "truncated");
    json
}

fn scores(request: &HostRequest) -> Value {
    let request: BertScoreRequest = serde_json::from_slice(&request.body).unwrap();
    let ones = vec![1.0; request.candidates.len()];
    let model = request.model_type.unwrap_or_else(|| "m".to_owned());
    json!({ "precision": ones, "recall": ones, "f1": ones, "model": model })
}

/// Good, and answers after so many milliseconds.
pub(crate) fn healthy(millis: u64) -> Host {
    Box::new(move |request, _| Reaction::Reply(ms(millis), good(request)))
}

/// Healthy on every route but `/embed` and `/bertscore`, which answer so.
pub(crate) fn answering(compute: impl Fn() -> HostReply + Send + Sync + 'static) -> Host {
    Box::new(move |request, _| {
        let compute_route = matches!(request.url.path(), "/embed" | "/bertscore");
        Reaction::Reply(ms(1), if compute_route { compute() } else { good(request) })
    })
}

/// What a connection comes to where nobody listens.
pub(crate) fn unreachable() -> TransportError {
    TransportError::Unreachable("connection refused".to_owned())
}

/// Refuses connections.
pub(crate) fn dead() -> Host {
    Box::new(|_, _| Reaction::Fail(ms(0), unreachable()))
}

/// Accepts and never answers.
pub(crate) fn hanging() -> Host {
    Box::new(|_, _| Reaction::Hang)
}

pub(crate) fn texts(count: usize) -> EmbedRequest {
    EmbedRequest { texts: vec!["a text".to_owned(); count], ..Default::default() }
}

pub(crate) fn pairs(candidates: usize, references: usize) -> BertScoreRequest {
    BertScoreRequest {
        candidates: vec!["a".to_owned(); candidates],
        references: References::Single(vec!["b".to_owned(); references]),
        lang: None,
        model_type: None,
        num_layers: None,
        idf: None,
        rescale_with_baseline: None,
    }
}

pub(crate) fn within(millis: u64) -> CallOptions {
    CallOptions { timeout: Some(ms(millis)), ..Default::default() }
}
