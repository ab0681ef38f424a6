//! What reqwest's errors mean. Its own words are vague; the reason is in their sources. Urls are left out, for messages name
//! the host.

use std::error::Error as _;

use super::tls_advice::advice;
use crate::transport::TransportError;

/// Whether there was a connection, and what happened.
pub(crate) fn classify(error: reqwest::Error) -> TransportError {
    let (connecting, error) = (error.is_connect(), error.without_url());
    let reason = match advice(&error) {
        Some(advice) => format!("{}; {advice}", reason(&error)),
        None => reason(&error),
    };
    if connecting { TransportError::Unreachable(reason) } else { TransportError::ConnectionLost(reason) }
}

/// What happened, from the cause that shows first to the last.
pub(crate) fn reason(error: &reqwest::Error) -> String {
    let mut sources = vec![];
    let mut source = error.source();
    while let Some(inner) = source {
        sources.push(inner.to_string());
        source = inner.source();
    }
    sources.dedup();
    match sources.is_empty() {
        true => error.to_string(),
        false => sources.join(": "),
    }
}
