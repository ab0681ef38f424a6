//! The caller's trace, as JavaScript passes it.

use gpu_bridge_core::TraceContext;
use napi_derive::napi;

/// W3C's headers.
#[napi(object, object_to_js = false)]
pub struct TraceHeaders {
    /// What W3C calls invalid counts as missing.
    pub traceparent: String,
    /// Passed on as it is.
    pub tracestate: Option<String>,
}

/// What the core makes of them.
pub(crate) fn context(headers: Option<TraceHeaders>) -> Option<TraceContext> {
    let TraceHeaders { traceparent, tracestate } = headers?;
    TraceContext::from_headers(&traceparent, tracestate.as_deref())
}
