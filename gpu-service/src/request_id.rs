//! Names for requests: the caller's own where it has one, so that one name follows a request through bridge, service and
//! log.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::SystemTime;

use gpu_bridge_protocol::headers;
use http::HeaderMap;

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
    pub fn of(&self, headers: &HeaderMap) -> RequestId {
        let given = headers.get(headers::REQUEST_ID).and_then(|value| value.to_str().ok());
        let usable = |id: &&str| {
            (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let new = || format!("{:x}-{:x}", self.start, self.count.fetch_add(1, Relaxed));
        RequestId(given.filter(usable).map_or_else(new, str::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

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
