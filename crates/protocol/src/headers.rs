//! Header names, in lower case as HTTP/2 sends them.

/// The caller's key; `authorization: Bearer KEY` says the same.
pub const API_KEY: &str = "x-api-key";
/// Echoed by the service, made by it where the caller sent none.
pub const REQUEST_ID: &str = "x-request-id";
/// The trace and the span that a request belongs to; see [`TraceParent`](crate::TraceParent).
pub const TRACEPARENT: &str = "traceparent";
/// What tracing systems of the caller's add to it; passed on as it is.
pub const TRACESTATE: &str = "tracestate";
/// How long the caller still waits, in milliseconds from now. Expired work leaves the queue unserved.
pub const DEADLINE_MS: &str = "x-request-deadline-ms";
/// What exactly answered: a digest of weights, config and dtype. On compute routes.
pub const MODEL_FINGERPRINT: &str = "x-model-fingerprint";
/// The host's load, as an ORCA report in JSON; see [`HostLoad`](crate::HostLoad).
pub const ENDPOINT_LOAD: &str = "endpoint-load-metrics";
/// Where the time went: `queue`, `tokenize` and `inference`, in milliseconds.
pub const SERVER_TIMING: &str = "server-timing";
/// The media type of bulk vectors; see [`Vectors`](crate::Vectors).
pub const SAFETENSORS: &str = "application/vnd.safetensors";
