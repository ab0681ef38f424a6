//! What every reply carries and the log says of it: id, timing, load.
//!
//! A caller's own `x-request-id` is kept, so that one name follows a request through bridge, service and log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, SystemTime};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use gpu_bridge_protocol::{ErrorCode, TraceParent, headers};
use http::{HeaderMap, HeaderValue};
use tokio::time::Instant;
use tracing::{Instrument, Span};

use crate::app::{Service, Shared};
use crate::load_report;
use crate::request_counts::route;
use crate::timing::Phases;

/// What a request is counted as whose caller went away.
const GONE: u16 = 499;
/// Longest id that is taken from a caller.
const LONGEST_ID: usize = 128;

/// A request's id.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Makes ids: the time the process started, and a count.
#[derive(Debug)]
pub struct RequestIds {
    start: u128,
    count: AtomicU64,
}

impl RequestIds {
    /// Ids of a process that started at `start`.
    pub fn new(start: SystemTime) -> Self {
        let since = start.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { start: since.as_micros(), count: AtomicU64::new(0) }
    }

    /// The caller's id, or a new one where there is none that a log can hold.
    fn of(&self, headers: &HeaderMap) -> RequestId {
        let given = headers.get(headers::REQUEST_ID).and_then(|value| value.to_str().ok());
        let usable = |id: &&str| {
            (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let new = || format!("{:x}-{:x}", self.start, self.count.fetch_add(1, Relaxed));
        RequestId(given.filter(usable).map_or_else(new, str::to_owned))
    }
}

/// Wraps every request.
pub async fn observe(State(service): State<Shared>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = service.ids.of(request.headers());
    request.extensions_mut().insert(id.clone());
    let (span, route) = (span(&id, &request), route(request.uri().path()));
    let log = AccessLog { service: Arc::clone(&service), span: span.clone(), route, started, end: None };
    let mut response = next.run(request).instrument(span).await;
    log.end(&response);
    stamp(&service, &mut response, &id, started.elapsed());
    response
}

/// The caller's trace, where it has one, goes into every line: the bridge's log has the same id.
fn span(id: &RequestId, request: &Request) -> Span {
    let trace = request.headers().get(headers::TRACEPARENT).and_then(|value| value.to_str().ok());
    let trace = trace.and_then(TraceParent::parse);
    tracing::info_span!(
        "request",
        id = id.0,
        trace_id = trace.map(|trace| trace.trace_id()),
        parent_id = trace.map(|trace| trace.span_id()),
        method = %request.method(),
        path = request.uri().path()
    )
}

fn stamp(service: &Service, response: &mut Response, id: &RequestId, total: Duration) {
    let phases = response.extensions().get::<Phases>().copied().unwrap_or_default();
    let load = load_report::report(service, Instant::now());
    let values = [
        (headers::REQUEST_ID, id.0.clone()),
        (headers::SERVER_TIMING, phases.to_header(total)),
        (headers::ENDPOINT_LOAD, load.to_header()),
    ];
    for (name, value) in values {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(name, value);
        }
    }
}

/// Writes one line when the request ends, and counts it; one that is dropped before has lost its caller.
struct AccessLog {
    service: Shared,
    span: Span,
    route: &'static str,
    started: Instant,
    /// Status, and code where the request wasn't served.
    end: Option<(u16, Option<ErrorCode>)>,
}

impl AccessLog {
    fn end(mut self, response: &Response) {
        let extensions = response.extensions();
        self.end = Some((response.status().as_u16(), extensions.get().copied()));
        if let Some(phases) = extensions.get::<Phases>() {
            self.service.requests.phases(*phases);
        }
    }
}

impl Drop for AccessLog {
    fn drop(&mut self) {
        let took = self.started.elapsed();
        let _entered = self.span.enter();
        let (status, code) = self.end.unwrap_or((GONE, Some(ErrorCode::Cancelled)));
        self.service.requests.ended(self.route, status, code, took);
        match status {
            _ if self.end.is_none() => tracing::info!(status, ?took, "the caller went away"),
            500.. => tracing::warn!(status, ?took, "answered"),
            _ => tracing::debug!(status, ?took, "answered"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(value: Option<&str>) -> String {
        let value =
            value.map(|value| (headers::REQUEST_ID.parse().unwrap(), HeaderValue::from_str(value).unwrap()));
        RequestIds::new(SystemTime::UNIX_EPOCH).of(&HeaderMap::from_iter(value)).0
    }

    #[test]
    fn a_callers_id_is_kept_if_a_log_can_hold_it() {
        assert_eq!(id(Some("trace-7")), "trace-7");
        for unusable in [None, Some(""), Some("with space"), Some(&*"x".repeat(LONGEST_ID + 1))] {
            assert_eq!(id(unusable), "0-0");
        }
    }

    #[test]
    fn made_ids_differ() {
        let ids = RequestIds::new(SystemTime::now());
        assert_ne!(ids.of(&HeaderMap::new()).0, ids.of(&HeaderMap::new()).0);
    }
}
