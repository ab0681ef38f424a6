//! A hub of our own for a test: it speaks the hub's HTTP on one port and keeps large files on another.
//!
//! Small files are answered after a relative redirect, large ones by a redirect to the other host, as the real hub does. A test
//! can make it misbehave, and reads afterwards what it was asked.

#![allow(dead_code, unreachable_pub)]

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, Method, StatusCode, header};
use parking_lot::Mutex;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The commit that every `main` is.
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
/// The token that opens gated models.
pub const TOKEN: &str = "hf_test_token";
/// Bytes from which on a file is kept on the other host.
const LARGE: usize = 1000;

/// How the host of large files misbehaves, once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    /// The connection ends after so many bytes.
    Cut(usize),
    /// Other bytes come, as many as are due.
    Wrong,
    /// Ranges are ignored.
    Whole,
    /// It answers with this status.
    Status(u16),
}

/// A request that was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    pub method: Method,
    pub path: String,
    pub token: bool,
    pub range: Option<String>,
}

#[derive(Debug, Default)]
struct Model {
    files: BTreeMap<String, Vec<u8>>,
    gated: bool,
}

#[derive(Default)]
struct Shelf {
    models: BTreeMap<String, Model>,
    moved: BTreeMap<String, String>,
    etags: BTreeMap<String, String>,
    faults: VecDeque<Fault>,
    hub: Vec<Seen>,
    blobs: Vec<Seen>,
}

struct Inner {
    shelf: Mutex<Shelf>,
    blob_host: String,
    /// While it is closed, no large file gets beyond its first half.
    gate: watch::Sender<bool>,
}

/// See the module.
pub struct TestHub {
    pub url: String,
    inner: Arc<Inner>,
}

impl TestHub {
    pub async fn start() -> Self {
        let [hub, blobs] = [listener().await, listener().await];
        let [url, blob_host] =
            [&hub, &blobs].map(|listener| format!("http://{}", listener.local_addr().unwrap()));
        let inner = Arc::new(Inner { shelf: Mutex::default(), blob_host, gate: watch::Sender::new(true) });
        tokio::spawn(
            axum::serve(hub, Router::new().fallback(hub_answer).with_state(Arc::clone(&inner))).into_future(),
        );
        tokio::spawn(
            axum::serve(blobs, Router::new().fallback(blob_answer).with_state(Arc::clone(&inner)))
                .into_future(),
        );
        Self { url, inner }
    }

    pub fn add(&self, model: &str, files: impl IntoIterator<Item = (String, Vec<u8>)>) {
        self.inner.shelf.lock().models.entry(model.to_owned()).or_default().files.extend(files);
    }

    pub fn gate_model(&self, model: &str) {
        self.inner.shelf.lock().models.get_mut(model).unwrap().gated = true;
    }

    pub fn moved(&self, from: &str, to: &str) {
        self.inner.shelf.lock().moved.insert(from.to_owned(), to.to_owned());
    }

    /// Says another etag of a file than is right.
    pub fn lie(&self, file: &str, etag: &str) {
        self.inner.shelf.lock().etags.insert(file.to_owned(), etag.to_owned());
    }

    pub fn fault(&self, fault: Fault) {
        self.inner.shelf.lock().faults.push_back(fault);
    }

    pub fn open(&self, open: bool) {
        self.inner.gate.send_replace(open);
    }

    /// Requests to the hub since the last time, and to the host of large files.
    pub fn seen(&self) -> (Vec<Seen>, Vec<Seen>) {
        let mut shelf = self.inner.shelf.lock();
        (std::mem::take(&mut shelf.hub), std::mem::take(&mut shelf.blobs))
    }
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// The name of some contents: of large ones the SHA-256, as on the real hub.
pub fn etag(content: &[u8]) -> String {
    let hash: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    if content.len() < LARGE { hash[..40].to_owned() } else { hash }
}

fn note(request: &Request) -> Seen {
    let header = |name| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    Seen {
        method: request.method().clone(),
        path: request.uri().path().to_owned(),
        token: header(header::AUTHORIZATION).is_some_and(|value| value == format!("Bearer {TOKEN}")),
        range: header(header::RANGE),
    }
}

async fn hub_answer(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let seen = note(&request);
    let mut shelf = inner.shelf.lock();
    shelf.hub.push(seen.clone());
    let path = seen.path.trim_start_matches('/');
    if let Some(name) = path.strip_prefix("api/models/").and_then(|rest| rest.strip_suffix("/revision/main"))
    {
        return answer_for(&shelf, name, &seen, listing, "/api/models/", "/revision/main");
    }
    let cached = path.strip_prefix("cached/");
    let Some((name, rest)) = cached.unwrap_or(path).split_once("/resolve/") else { return status(404) };
    let Some(file) = rest.strip_prefix(&format!("{COMMIT}/")).map(str::to_owned) else { return status(404) };
    let said = shelf.etags.get(&file).cloned();
    let found = |model: &Model| match model.files.get(&file) {
        None => refuse(404, "EntryNotFound"),
        Some(content) if content.len() >= LARGE => large(&inner.blob_host, content, said.clone()),
        Some(_) if cached.is_none() => redirect(307, format!("/cached/{path}")).body(Body::empty()).unwrap(),
        Some(content) => small(content, said.clone()),
    };
    answer_for(&shelf, name, &seen, found, "/", &format!("/resolve/{rest}"))
}

fn answer_for(
    shelf: &Shelf,
    name: &str,
    seen: &Seen,
    found: impl Fn(&Model) -> Response,
    before: &str,
    after: &str,
) -> Response {
    if let Some(to) = shelf.moved.get(name) {
        return redirect(307, format!("{before}{to}{after}")).body(Body::empty()).unwrap();
    }
    match shelf.models.get(name) {
        None if seen.token => refuse(404, "RepoNotFound"),
        None => refuse(401, "RepoNotFound"),
        Some(model) if model.gated && !seen.token => refuse(401, "GatedRepo"),
        Some(model) => found(model),
    }
}

fn listing(model: &Model) -> Response {
    let files: Vec<_> = model.files.keys().map(|name| json!({ "rfilename": name })).collect();
    let body = json!({"id": "x", "sha": COMMIT, "siblings": files}).to_string();
    Response::builder().header("content-type", "application/json").body(body.into()).unwrap()
}

fn small(content: &[u8], said: Option<String>) -> Response {
    let etag = said.unwrap_or_else(|| etag(content));
    Response::builder()
        .header("x-repo-commit", COMMIT)
        .header("etag", format!("\"{etag}\""))
        .body(content.to_vec().into())
        .unwrap()
}

fn large(host: &str, content: &[u8], said: Option<String>) -> Response {
    let etag = etag(content);
    redirect(302, format!("{host}/{etag}"))
        .header("x-repo-commit", COMMIT)
        .header("etag", "\"of-the-redirect\"")
        .header("x-linked-etag", format!("\"{}\"", said.unwrap_or(etag)))
        .header("x-linked-size", content.len())
        .body(Body::empty())
        .unwrap()
}

async fn blob_answer(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let seen = note(&request);
    let (content, fault) = {
        let mut shelf = inner.shelf.lock();
        shelf
            .blobs
            .push(Seen { token: request.headers().contains_key(header::AUTHORIZATION), ..seen.clone() });
        let files = shelf.models.values().flat_map(|model| model.files.values());
        let found = files.into_iter().find(|content| seen.path[1..] == etag(content)).cloned();
        (found, shelf.faults.pop_front())
    };
    let Some(content) = content else { return status(403) };
    match fault {
        Some(Fault::Status(code)) => status(code),
        Some(Fault::Wrong) => body(vec![b'!'; content.len()], 0, None, &inner),
        Some(Fault::Whole) => body(content, 0, None, &inner),
        Some(Fault::Cut(after)) => body(content, from(request.headers()), Some(after), &inner),
        None => body(content, from(request.headers()), None, &inner),
    }
}

fn from(headers: &HeaderMap) -> usize {
    let range = headers.get(header::RANGE).map(|value| value.to_str().unwrap());
    range.map_or(0, |range| range.strip_prefix("bytes=").unwrap().trim_end_matches('-').parse().unwrap())
}

/// The rest of some contents in two halves, with the gate between them. A cut one ends before its announced length.
fn body(content: Vec<u8>, from: usize, cut: Option<usize>, inner: &Inner) -> Response {
    if from >= content.len() {
        return status(416);
    }
    let total = content.len();
    let rest = Bytes::from(content).slice(from..);
    let end = cut.unwrap_or(rest.len()).min(rest.len());
    let halves = [rest.slice(..end / 2), rest.slice(end / 2..end)];
    let gate = inner.gate.subscribe();
    let pieces = stream::unfold((0, halves, gate), move |(piece, halves, mut gate)| async move {
        let bytes = match piece {
            0 => halves[0].clone(),
            1 => {
                gate.wait_for(|open| *open).await.unwrap();
                halves[1].clone()
            }
            _ => {
                // What was written reaches the socket once there is nothing to write for a moment.
                tokio::task::yield_now().await;
                return None;
            }
        };
        Some((Ok::<_, io::Error>(bytes), (piece + 1, halves, gate)))
    });
    let response = Response::builder().header("content-length", total - from);
    let response = if from == 0 {
        response
    } else {
        response.status(206).header("content-range", format!("bytes {from}-{}/{total}", total - 1))
    };
    response.body(Body::from_stream(pieces)).unwrap()
}

fn redirect(code: u16, to: String) -> http::response::Builder {
    Response::builder().status(code).header(header::LOCATION, to)
}

fn refuse(code: u16, reason: &str) -> Response {
    Response::builder().status(code).header("x-error-code", reason).body(Body::empty()).unwrap()
}

fn status(code: u16) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(code).unwrap();
    response
}
