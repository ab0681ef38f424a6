//! How long a caller waits: past that, its work leaves the house.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use gpu_bridge_protocol::headers;
use http::HeaderMap;
use tokio::time::{Instant, timeout_at};

use crate::error::ServiceError;

/// When the request's caller stops waiting, if it said so.
#[derive(Debug, Clone, Copy, Default)]
pub struct Deadline(Option<(Instant, Duration)>);

impl Deadline {
    /// When it is.
    pub fn at(self) -> Option<Instant> {
        self.0.map(|(at, _)| at)
    }

    /// What a caller past its deadline is told; `None` before that.
    pub fn passed(self, now: Instant) -> Option<ServiceError> {
        let (_, allowed) = self.0.filter(|(at, _)| *at <= now)?;
        Some(exceeded(allowed))
    }
}

fn exceeded(allowed: Duration) -> ServiceError {
    ServiceError::DeadlineExceeded { milliseconds: allowed.as_millis().try_into().unwrap_or(u64::MAX) }
}

/// Ends a request at its deadline; what it has queued goes with it.
///
/// # Errors
/// `deadline_exceeded`, or `invalid_field` where the header is no number.
pub async fn keep(mut request: Request, next: Next) -> Result<Response, ServiceError> {
    // A time beyond what the clock can count is no limit.
    let limit =
        allowed(request.headers())?.and_then(|allowed| Some((Instant::now().checked_add(allowed)?, allowed)));
    request.extensions_mut().insert(Deadline(limit));
    match limit {
        None => Ok(next.run(request).await),
        Some((at, allowed)) => timeout_at(at, next.run(request)).await.map_err(|_| exceeded(allowed)),
    }
}

fn allowed(headers: &HeaderMap) -> Result<Option<Duration>, ServiceError> {
    let Some(value) = headers.get(headers::DEADLINE_MS) else { return Ok(None) };
    let milliseconds = value.to_str().ok().and_then(|text| text.parse().ok());
    let reason =
        || format!("{} is {value:?}; send whole milliseconds, or leave it out.", headers::DEADLINE_MS);
    let milliseconds =
        milliseconds.ok_or_else(|| ServiceError::invalid_field(headers::DEADLINE_MS, reason()))?;
    Ok(Some(Duration::from_millis(milliseconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<Option<Duration>, ServiceError> {
        allowed(&HeaderMap::from_iter([(headers::DEADLINE_MS.parse().unwrap(), value.parse().unwrap())]))
    }

    #[test]
    fn the_header_counts_milliseconds() {
        assert_eq!(read("1500"), Ok(Some(Duration::from_millis(1500))));
        assert_eq!(allowed(&HeaderMap::new()), Ok(None));
        for bad in ["", "soon", "-1", "1.5"] {
            assert_eq!(read(bad).unwrap_err().field(), Some(headers::DEADLINE_MS), "{bad:?}");
        }
    }
}
