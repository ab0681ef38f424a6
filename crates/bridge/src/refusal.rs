//! What an answer other than 2xx of gpu-service means, and of what may stand in its place.
//!
//! The status decides, and the service's own code where one status stands for several things.

use std::time::Duration;

use gpu_bridge_protocol::{ErrorBody, ErrorCode};

use crate::fault::Fault;
use crate::outcome::Outcome;
use crate::retry_after::retry_after;
use crate::transport::HostReply;

/// The pause of a host that asks for one without saying how long.
const DEFAULT_PAUSE: Duration = Duration::from_secs(1);
/// Code points of a strange answer that are repeated in a message.
const EXCERPT: usize = 200;

/// What the answer means, for the host and for the call.
pub(crate) fn outcome(reply: &HostReply) -> Outcome {
    let body: Option<ErrorBody> = serde_json::from_slice(&reply.body).ok();
    let code = body.as_ref().and_then(|body| body.code);
    let fault = |word| Fault::new(word, Some(reply.status), sentence(reply, body.as_ref()));
    let pause = || retry_after(&reply.headers).unwrap_or(DEFAULT_PAUSE);
    match (reply.status, code) {
        (413, Some(ErrorCode::BatchTooLarge | ErrorCode::BodyTooLarge)) => {
            Outcome::TooLarge(fault("invalid_input"))
        }
        (400 | 413 | 422, _) => Outcome::BadInput(fault("invalid_input")),
        (404, Some(ErrorCode::ModelNotFound)) | (503, Some(ErrorCode::ModelUnavailable)) => {
            Outcome::ModelMissing(fault("model_not_found"))
        }
        (404 | 405, _) => Outcome::WrongServer(fault("route_not_found")),
        (401 | 403, _) => Outcome::Unauthorized(fault("unauthorized")),
        (503, Some(ErrorCode::ModelLoading)) => {
            Outcome::ModelLoading { pause: pause(), fault: fault("overloaded") }
        }
        (429 | 503, _) => {
            let draining = code == Some(ErrorCode::Draining);
            Outcome::Overloaded { pause: pause(), draining, fault: fault("overloaded") }
        }
        (504, Some(ErrorCode::DeadlineExceeded)) => Outcome::Abandoned,
        (300..=399, _) => Outcome::Failed(Fault::bad_response(reply.status, redirect(reply))),
        (408 | 500.., _) => Outcome::Failed(fault(code.map_or("server_error", ErrorCode::as_str))),
        _ => Outcome::Failed(fault("bad_response")),
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
    use http::{HeaderMap, HeaderValue};

    use super::*;

    fn of(status: u16, code: Option<&str>) -> Outcome {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", HeaderValue::from_static("7"));
        let code = code.map(|code| format!(r#","code":"{code}""#)).unwrap_or_default();
        let body = format!(r#"{{"detail":"No."{code}}}"#).into();
        outcome(&HostReply { status, headers, body })
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
            assert_eq!(of(status, code).as_str(), expected, "{status} {code:?}");
        }
    }

    #[test]
    fn a_pause_is_what_the_host_asked_for() {
        let Outcome::Overloaded { pause, .. } = of(503, None) else { panic!("not parked") };
        assert_eq!(pause, Duration::from_secs(7));
    }

    #[test]
    fn a_strange_body_is_quoted_in_part() {
        let body = format!("<html>\n  <p>{}</p>", "no ".repeat(500)).into();
        let reply = HostReply { status: 502, headers: HeaderMap::new(), body };
        let fault = outcome(&reply).fault().unwrap().clone();
        assert!(fault.message.starts_with("status 502: <html> <p>no no"), "{}", fault.message);
        assert!(fault.message.chars().count() < 250);
    }
}
