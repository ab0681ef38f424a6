//! The requests of this bridge that a host has and has had: how many, how much waits there, how long they take.

use tokio::time::Instant;

use crate::backlog::Backlog;
use crate::demand::Demand;
use crate::gauge::Gauges;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) in_flight: u64,
    /// All that were ever sent.
    pub(crate) requests: u64,
    pub(crate) backlog: Backlog,
    pub(crate) gauges: Gauges,
    last_end: Option<Instant>,
}

impl Traffic {
    /// Notes a request that is sent.
    pub(crate) fn begin(&mut self, demand: &Demand) {
        self.in_flight += 1;
        self.requests += 1;
        self.backlog.begin(demand.tokens);
    }

    /// Notes the end of a request, however it ended, that was sent at `begun`.
    pub(crate) fn end(&mut self, demand: &Demand, begun: Instant, now: Instant) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.backlog.end(demand.tokens, begun);
        self.last_end = Some(now);
    }

    /// Measures a request that was served, before it is [ended](Self::end). `counted` are the host's own tokens.
    pub(crate) fn measure(&mut self, demand: &Demand, counted: Option<u64>, begun: Instant, now: Instant) {
        let took = now.saturating_duration_since(self.first_in_line(begun));
        self.gauges.record(demand, counted, took, now);
    }

    /// Since when a request that was sent at `begun` is the host's oldest, as far as one can know: of two in flight,
    /// the second waits for the first.
    pub(crate) fn first_in_line(&self, begun: Instant) -> Instant {
        self.last_end.map_or(begun, |end| end.max(begun))
    }

    /// When one last ended there.
    pub(crate) fn last_end(&self) -> Option<Instant> {
        self.last_end
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::demand::Kind;

    #[test]
    fn of_two_in_flight_the_second_is_timed_from_the_answer_to_the_first() {
        let (mut traffic, begun) = (Traffic::default(), Instant::now());
        let demand = Demand { kind: Kind::new("/embed", None), tokens: 100.0 };
        for seconds in [1, 2] {
            let now = begun + Duration::from_secs(seconds);
            traffic.begin(&demand);
            traffic.measure(&demand, None, begun, now);
            traffic.end(&demand, begun, now);
        }
        assert_eq!(traffic.gauges.of(&demand.kind).unwrap().speed.measured(), Some(100.0));
        assert_eq!((traffic.in_flight, traffic.requests), (0, 2));
    }
}
