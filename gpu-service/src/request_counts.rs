//! What requests have come to, for `/metrics`: status, refusal and time by route.

use std::time::Duration;

use gpu_bridge_metrics::{Tally, Timings};
use gpu_bridge_protocol::ErrorCode;
use parking_lot::Mutex;

use crate::timing::Phases;

/// The routes that are counted by name. A caller's invention is not: paths without end would be series without end.
const ROUTES: [&str; 9] = [
    "/embed",
    "/bertscore",
    "/rerank",
    "/models/load",
    "/models/unload",
    "/health",
    "/info",
    "/status",
    "/metrics",
];

/// See the module.
#[derive(Debug, Default)]
pub struct RequestCounts(Mutex<Requests>);

/// The counts.
#[derive(Debug, Clone, Default)]
pub struct Requests {
    /// Answers by route and status; 499 where the caller went away.
    pub answers: Tally<(&'static str, u16)>,
    /// What wasn't served, by route and the code on the wire.
    pub refusals: Tally<(&'static str, &'static str)>,
    /// Seconds from the first byte to the answer, by route.
    pub durations: Timings,
    /// Seconds of compute requests that were served, by phase.
    pub phases: Timings,
}

impl RequestCounts {
    /// A request ended.
    pub fn ended(&self, route: &'static str, status: u16, code: Option<ErrorCode>, took: Duration) {
        let mut requests = self.0.lock();
        requests.answers.count((route, status));
        if let Some(code) = code {
            requests.refusals.count((route, code.as_str()));
        }
        requests.durations.observe(route, took);
    }

    /// Where the time of a request went that was served.
    pub fn phases(&self, phases: Phases) {
        let Phases { queue, tokenize, inference } = phases;
        let mut requests = self.0.lock();
        for (phase, took) in [("queue", queue), ("tokenize", tokenize), ("inference", inference)] {
            requests.phases.observe(phase, took);
        }
    }

    /// The counts now.
    pub fn read(&self) -> Requests {
        self.0.lock().clone()
    }
}

/// The route a path is counted as.
pub fn route(path: &str) -> &'static str {
    ROUTES.into_iter().find(|route| *route == path).unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_counts_by_route_and_what_nobody_serves_together() {
        let counts = RequestCounts::default();
        counts.ended(route("/embed"), 200, None, Duration::from_millis(3));
        for path in ["/nonsense", "/embed/7", ""] {
            counts.ended(route(path), 404, Some(ErrorCode::RouteNotFound), Duration::ZERO);
        }
        let requests = counts.read();
        assert_eq!(requests.answers.iter().collect::<Vec<_>>(), [(("/embed", 200), 1), (("other", 404), 3)]);
        assert_eq!(requests.refusals.of(("other", "route_not_found")), 3);
        let timed: Vec<_> = requests.durations.iter().map(|(route, seen)| (route, seen.sum())).collect();
        assert_eq!(timed, [("/embed", 0.003), ("other", 0.0)]);
    }
}
