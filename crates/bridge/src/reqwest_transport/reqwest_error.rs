//! What reqwest's errors mean. Its own words are vague; the reason is in their sources. Urls are left out, for messages name
//! the host.

use std::error::Error;
use std::io;

use super::causes::causes;
use super::tls_advice::advice;
use crate::transport::TransportError;

/// Codes of the system that mean it: the process's limit, and the machine's, on Unix; the process's on Windows.
const NO_DESCRIPTOR: [i32; 3] = [24, 23, 10024];

/// Whether there was a connection, and what happened.
pub(crate) fn classify(error: reqwest::Error) -> TransportError {
    let (connecting, error) = (error.is_connect(), error.without_url());
    let reason = match advice(&error) {
        Some(advice) => format!("{}; {advice}", reason(&error)),
        None => reason(&error),
    };
    match connecting {
        true if wants_descriptor(&error) => TransportError::NoDescriptor(reason),
        true => TransportError::Unreachable(reason),
        false => TransportError::ConnectionLost(reason),
    }
}

fn wants_descriptor(error: &(dyn Error + 'static)) -> bool {
    let code = |cause: &(dyn Error + 'static)| cause.downcast_ref().and_then(io::Error::raw_os_error);
    causes(error).filter_map(code).any(|code| NO_DESCRIPTOR.contains(&code))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_no_descriptor_is_left_is_found_however_deep_it_lies() {
        let of = |code| io::Error::other(io::Error::from_raw_os_error(code));
        assert!(wants_descriptor(&of(24)) && wants_descriptor(&io::Error::other(of(23))));
        assert!(!wants_descriptor(&of(111)) && !wants_descriptor(&io::Error::other("24")));
    }
}
