//! What every reply carries and the log says of it: id, timing, load.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use gpu_bridge_protocol::{ErrorCode, TraceParent, headers};
use http::HeaderValue;
use tokio::time::Instant;
use tracing::{Instrument, Span};

use crate::load_report;
use crate::request_counts::route;
use crate::request_id::RequestId;
use crate::service::{Service, Shared};
use crate::timing::Phases;

/// What a request is counted as whose caller went away.
const GONE: u16 = 499;
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
