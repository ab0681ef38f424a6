//! How an attempt ended, and what that means: for the host, and for the call.
//!
//! This file is the outcome table. [`Host::observe`](crate::host::Host::observe) draws the consequences for
//! the host, [`dispatch`](crate::dispatch) those for the call.

use std::time::Duration;

use gpu_bridge_protocol::{ErrorBody, ErrorCode};

use crate::item_index::shift;
use crate::retry_after::retry_after;
use crate::transport::{HostReply, TransportError};

/// The pause of a host that asks for one without saying how long.
const DEFAULT_PAUSE: Duration = Duration::from_secs(1);
/// Code points of a strange answer that are repeated in a message.
const EXCERPT: usize = 200;

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// 2xx with a valid body. A success.
    Served,
    /// 400, 413, 422: the request is wrong. A success for the host; no other host is asked.
    BadInput(Fault),
    /// 413 because of the number of items or bytes. A success; the slice may be cut, or another host takes it.
    TooLarge(Fault),
    /// 404 with a model's code, or 503 because of the model alone. A success; another host may have it.
    ModelMissing(Fault),
    /// 503 `model_loading`: this call may come back, others needn't stay away.
    ModelLoading { pause: Duration, fault: Fault },
    /// 404 or 405 about the route: the address leads to something else. Another host is asked.
    WrongServer(Fault),
    /// 401, 403. Neutral; another host is asked.
    Unauthorized(Fault),
    /// 429, 503. Neutral; the host is left alone for a while and another is asked.
    Overloaded { pause: Duration, draining: bool, fault: Fault },
    /// Everything else. A failure; another host is asked, within the retry budget.
    Failed(Fault),
    /// The deadline passed or the caller went away. Says nothing about the host.
    Abandoned,
}

/// What went wrong, for people and programs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fault {
    pub(crate) code: &'static str,
    pub(crate) status: Option<u16>,
    /// Without the host's name.
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn new(code: &'static str, status: Option<u16>, message: impl Into<String>) -> Self {
        Self { code, status, message: message.into() }
    }

    /// An answer that can't be one.
    pub(crate) fn bad_response(status: u16, message: impl Into<String>) -> Self {
        Self::new("bad_response", Some(status), message)
    }
}

impl Outcome {
    /// The word in logs and metrics.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Served => "served",
            Self::BadInput(_) => "bad_input",
            Self::TooLarge(_) => "too_large",
            Self::ModelMissing(_) => "model_missing",
            Self::ModelLoading { .. } => "model_loading",
            Self::WrongServer(_) => "wrong_server",
            Self::Unauthorized(_) => "unauthorized",
            Self::Overloaded { draining: true, .. } => "draining",
            Self::Overloaded { .. } => "overloaded",
            Self::Failed(_) => "failed",
            Self::Abandoned => "abandoned",
        }
    }

    /// Whether no other host would be asked.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self, Self::BadInput(_) | Self::TooLarge(_) | Self::Abandoned)
    }

    /// What went wrong, unless nothing did.
    pub(crate) fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Served | Self::Abandoned => None,
            Self::BadInput(fault)
            | Self::TooLarge(fault)
            | Self::ModelMissing(fault)
            | Self::ModelLoading { fault, .. }
            | Self::WrongServer(fault)
            | Self::Unauthorized(fault)
            | Self::Overloaded { fault, .. }
            | Self::Failed(fault) => Some(fault),
        }
    }

    /// What went wrong with the host rather than with the request or a model.
    pub(crate) fn fault_of_host(&self) -> Option<&Fault> {
        match self {
            Self::BadInput(_) | Self::TooLarge(_) => None,
            Self::ModelMissing(_) | Self::ModelLoading { .. } => None,
            _ => self.fault(),
        }
    }

    /// The same, of a slice that begins at this item of the call: a refusal names items of the slice.
    pub(crate) fn in_slice(self, start: usize) -> Self {
        match self {
            Self::BadInput(fault) if start > 0 => {
                Self::BadInput(Fault { message: shift(&fault.message, start), ..fault })
            }
            other => other,
        }
    }

    /// No answer came.
    pub(crate) fn of_transport(error: &TransportError) -> Self {
        Self::Failed(Fault::new(error.code(), None, error.to_string()))
    }

    /// A 2xx that is no answer to what was asked.
    pub(crate) fn no_answer(reply: &HostReply, reason: &str) -> Self {
        Self::Failed(Fault::bad_response(reply.status, format!("the answer is no good: {reason}")))
    }

    /// What an answer other than 2xx means.
    pub(crate) fn of_refusal(reply: &HostReply) -> Self {
        let body: Option<ErrorBody> = serde_json::from_slice(&reply.body).ok();
        let code = body.as_ref().and_then(|body| body.code);
        let fault = |word| Fault::new(word, Some(reply.status), sentence(reply, body.as_ref()));
        let pause = || retry_after(&reply.headers).unwrap_or(DEFAULT_PAUSE);
        match (reply.status, code) {
            (413, Some(ErrorCode::BatchTooLarge | ErrorCode::BodyTooLarge)) => {
                Self::TooLarge(fault("invalid_input"))
            }
            (400 | 413 | 422, _) => Self::BadInput(fault("invalid_input")),
            (404, Some(ErrorCode::ModelNotFound)) | (503, Some(ErrorCode::ModelUnavailable)) => {
                Self::ModelMissing(fault("model_not_found"))
            }
            (404 | 405, _) => Self::WrongServer(fault("route_not_found")),
            (401 | 403, _) => Self::Unauthorized(fault("unauthorized")),
            (503, Some(ErrorCode::ModelLoading)) => {
                Self::ModelLoading { pause: pause(), fault: fault("overloaded") }
            }
            (429 | 503, _) => {
                let draining = code == Some(ErrorCode::Draining);
                Self::Overloaded { pause: pause(), draining, fault: fault("overloaded") }
            }
            (504, Some(ErrorCode::DeadlineExceeded)) => Self::Abandoned,
            (300..=399, _) => Self::Failed(Fault::bad_response(reply.status, redirect(reply))),
            (408 | 500.., _) => Self::Failed(fault(code.map_or("server_error", ErrorCode::as_str))),
            _ => Self::Failed(fault("bad_response")),
        }
    }
}

/// The service's own sentence, or the status and what can be read of the body.
fn sentence(reply: &HostReply, body: Option<&ErrorBody>) -> String {
    match body {
        Some(body) => format!("status {}: {}", reply.status, body.detail),
        None => format!("status {}: {}", reply.status, excerpt(&reply.body)),
    }
}

/// The beginning of a body, on one line.
pub(crate) fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(EXCERPT * 4)]);
    let words: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.chars().count() {
        0 => "an empty body".to_owned(),
        1..=EXCERPT => words,
        _ => words.chars().take(EXCERPT).chain(['…']).collect(),
    }
}

fn redirect(reply: &HostReply) -> String {
    let location = reply.headers.get(http::header::LOCATION).and_then(|value| value.to_str().ok());
    let target = location.map(|to| format!(" to {}", excerpt(to.as_bytes()))).unwrap_or_default();
    format!(
        "status {}: a redirect{target}; redirects are never followed, for they would take the key along; set the \
         host's `url` to the right address",
        reply.status
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderValue};

    fn outcome(status: u16, code: Option<&str>) -> Outcome {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", HeaderValue::from_static("7"));
        let code = code.map(|code| format!(r#","code":"{code}""#)).unwrap_or_default();
        let body = format!(r#"{{"detail":"No."{code}}}"#).into();
        Outcome::of_refusal(&HostReply { status, headers, body })
    }

    #[test]
    fn the_table_holds() {
        let table = [
            (400, None, "bad_input"),
            (400, Some("length_mismatch"), "bad_input"),
            (413, Some("text_too_long"), "bad_input"),
            (413, Some("batch_too_large"), "too_large"),
            (413, Some("body_too_large"), "too_large"),
            (422, None, "bad_input"),
            (404, Some("model_not_found"), "model_missing"),
            (404, Some("route_not_found"), "wrong_server"),
            (404, None, "wrong_server"),
            (405, Some("method_not_allowed"), "wrong_server"),
            (401, None, "unauthorized"),
            (403, None, "unauthorized"),
            (429, None, "overloaded"),
            (503, None, "overloaded"),
            (503, Some("out_of_memory"), "overloaded"),
            (503, Some("draining"), "draining"),
            (503, Some("model_loading"), "model_loading"),
            (503, Some("model_unavailable"), "model_missing"),
            (504, Some("deadline_exceeded"), "abandoned"),
            (408, None, "failed"),
            (500, Some("non_finite_output"), "failed"),
            (502, None, "failed"),
            (504, None, "failed"),
            (302, None, "failed"),
            (418, None, "failed"),
        ];
        for (status, code, expected) in table {
            assert_eq!(outcome(status, code).as_str(), expected, "{status} {code:?}");
        }
    }

    #[test]
    fn a_pause_is_what_the_host_asked_for() {
        let Outcome::Overloaded { pause, .. } = outcome(503, None) else { panic!("not parked") };
        assert_eq!(pause, Duration::from_secs(7));
    }

    #[test]
    fn a_strange_body_is_quoted_in_part() {
        let body = format!("<html>\n  <p>{}</p>", "no ".repeat(500)).into();
        let reply = HostReply { status: 502, headers: HeaderMap::new(), body };
        let fault = Outcome::of_refusal(&reply).fault().unwrap().clone();
        assert!(fault.message.starts_with("status 502: <html> <p>no no"), "{}", fault.message);
        assert!(fault.message.chars().count() < 250);
    }
}
