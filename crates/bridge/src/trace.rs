//! The trace that a call belongs to, as W3C's `traceparent` and `tracestate` carry it from caller to host.
//!
//! Every attempt is a span of its own, so that a host's spans hang under the attempt that caused them. The ids of new
//! traces and spans follow from the call's request id, which is random: nothing here draws a number, reads a clock or
//! keeps what was sent.

use std::sync::atomic::{AtomicU64, Ordering};

use gpu_bridge_protocol::{TraceParent, headers};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Bytes of a `tracestate` that are passed on; the specification asks for 512.
const LONGEST_STATE: usize = 4096;

/// The trace of whoever makes a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    parent: TraceParent,
    state: Option<HeaderValue>,
}

impl TraceContext {
    /// From the caller's headers. Without a valid `traceparent` there is none, and `tracestate` means nothing; one that
    /// can't be a header is left out.
    pub fn from_headers(traceparent: &str, tracestate: Option<&str>) -> Option<Self> {
        let parent = TraceParent::parse(traceparent)?;
        let state = tracestate.filter(|state| !state.is_empty() && state.len() <= LONGEST_STATE);
        Some(Self { parent, state: state.and_then(|state| HeaderValue::from_str(state).ok()) })
    }
}

/// The trace of one call.
#[derive(Debug)]
pub(crate) struct CallTrace {
    context: TraceContext,
    request_id: u64,
    spans: AtomicU64,
}

impl CallTrace {
    /// The caller's trace, or a new one. `request_id` is random.
    pub(crate) fn new(context: Option<TraceContext>, request_id: u64) -> Self {
        let [high, low, span] = [1, 2, 3].map(|salt| mix(request_id.wrapping_add(mix(salt))));
        let trace = u128::from(high) << 64 | u128::from(low);
        let new = || TraceContext { parent: TraceParent::root(trace, span), state: None };
        Self { context: context.unwrap_or_else(new), request_id, spans: AtomicU64::new(0) }
    }

    /// The same for all attempts of the call.
    pub(crate) fn request_id(&self) -> u64 {
        self.request_id
    }

    /// For logs: 32 hexadecimal digits.
    pub(crate) fn id(&self) -> String {
        self.context.parent.trace_id()
    }

    /// A span for a request to a host.
    pub(crate) fn child(&self) -> Span {
        let count = self.spans.fetch_add(1, Ordering::Relaxed);
        let parent = self.context.parent.with_span(mix(self.request_id ^ mix(count)));
        Span(TraceContext { parent, state: self.context.state.clone() })
    }
}

/// One request's span.
#[derive(Debug, Clone)]
pub(crate) struct Span(TraceContext);

impl Span {
    /// For logs: 16 hexadecimal digits.
    pub(crate) fn id(&self) -> String {
        self.0.parent.span_id()
    }

    /// Puts it on a request.
    pub(crate) fn inject(self, map: &mut HeaderMap) {
        if let Ok(parent) = HeaderValue::try_from(self.0.parent.to_string()) {
            map.insert(const { HeaderName::from_static(headers::TRACEPARENT) }, parent);
        }
        if let Some(state) = self.0.state {
            map.insert(const { HeaderName::from_static(headers::TRACESTATE) }, state);
        }
    }
}

/// A number that looks random for each number: the finaliser of SplitMix64, which maps no two to the same.
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn sent(trace: &CallTrace) -> (String, Option<String>) {
        let mut map = HeaderMap::new();
        trace.child().inject(&mut map);
        let text = |name| map.get(name).map(|value: &HeaderValue| value.to_str().unwrap().to_owned());
        (text(headers::TRACEPARENT).unwrap(), text(headers::TRACESTATE))
    }

    #[test]
    fn attempts_are_spans_of_the_callers_trace() {
        let trace = CallTrace::new(TraceContext::from_headers(PARENT, Some("a=1,b=2")), 7);
        let ((first, state), (second, _)) = (sent(&trace), sent(&trace));
        assert_eq!(state.as_deref(), Some("a=1,b=2"));
        for parent in [&first, &second] {
            assert!(parent.starts_with(&PARENT[..36]) && parent.ends_with("-01"), "{parent}");
        }
        assert_eq!(HashSet::from([&first[36..], &second[36..], &PARENT[36..]]).len(), 3, "spans differ");
    }

    #[test]
    fn a_call_without_a_valid_parent_is_a_trace_of_its_own() {
        assert_eq!(TraceContext::from_headers("00-nonsense", Some("a=1")), None);
        let [one, other] = [7, 8].map(|id| CallTrace::new(None, id));
        assert_ne!(one.id(), other.id());
        let (parent, state) = sent(&one);
        assert!(parent.starts_with(&format!("00-{}-", one.id())) && parent.ends_with("-02"), "{parent}");
        assert_eq!(state, None);
    }

    #[test]
    fn a_state_that_can_be_no_header_is_left_out() {
        for state in ["", "a=\n", &"x".repeat(LONGEST_STATE + 1)] {
            let context = TraceContext::from_headers(PARENT, Some(state)).unwrap();
            assert_eq!(sent(&CallTrace::new(Some(context), 1)).1, None);
        }
    }
}
