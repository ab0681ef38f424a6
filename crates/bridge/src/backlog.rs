//! What waits on a host: what it last said of its queue, and what we have given it.
//!
//! A report is as old as the answer it rode on. Since then the queue has shrunk by what the host gets through, and
//! grown by what we sent. What others sent is unknown until the next answer. Our own unanswered requests are the
//! least there can be.

use gpu_bridge_protocol::HostLoad;
use tokio::time::Instant;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    /// Estimated tokens of our requests that aren't answered.
    in_flight: f64,
    /// Those of them that were sent after the report.
    since: f64,
    report: Option<(HostLoad, Instant)>,
}

impl Backlog {
    /// Notes a request that is sent.
    pub(crate) fn begin(&mut self, tokens: f64) {
        self.in_flight += tokens;
        self.since += tokens;
    }

    /// Notes the end of a request that was sent at `begun`.
    pub(crate) fn end(&mut self, tokens: f64, begun: Instant) {
        self.in_flight = (self.in_flight - tokens).max(0.0);
        if self.report.is_none_or(|(_, at)| at <= begun) {
            self.since = (self.since - tokens).max(0.0);
        }
    }

    /// Takes in the load that rode on an answer.
    pub(crate) fn report(&mut self, load: HostLoad, now: Instant) {
        self.report = Some((load, now));
        self.since = 0.0;
    }

    /// What the host last said.
    pub(crate) fn load(&self) -> Option<HostLoad> {
        self.report.map(|(load, _)| load)
    }

    /// Estimated tokens that wait now on a host of this `speed` (estimated tokens a second) that counts `rate` tokens
    /// for an estimated one.
    pub(crate) fn waiting(&self, speed: f64, rate: f64, now: Instant) -> f64 {
        let left = |(load, at): (HostLoad, Instant)| {
            let worked_off = speed * now.saturating_duration_since(at).as_secs_f64();
            (load.named_metrics.queue_tokens.max(0.0) / rate - worked_off).max(0.0)
        };
        (self.report.map_or(0.0, left) + self.since).max(self.in_flight)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn queue(tokens: f64) -> HostLoad {
        let mut load = HostLoad::default();
        load.named_metrics.queue_tokens = tokens;
        load
    }

    #[test]
    fn a_reported_queue_is_worked_off_as_time_passes() {
        let (mut backlog, now) = (Backlog::default(), Instant::now());
        backlog.report(queue(2000.0), now);
        let waiting = |seconds| backlog.waiting(500.0, 2.0, now + Duration::from_secs(seconds));
        assert_eq!([waiting(0), waiting(1), waiting(9)], [1000.0, 500.0, 0.0]);
    }

    #[test]
    fn what_was_sent_since_the_report_comes_on_top() {
        let (mut backlog, now) = (Backlog::default(), Instant::now());
        let later = now + Duration::from_secs(1);
        backlog.begin(300.0);
        backlog.report(queue(400.0), later);
        backlog.begin(50.0);
        assert_eq!(backlog.waiting(100.0, 1.0, later), 450.0);
        backlog.end(300.0, now);
        assert_eq!(backlog.waiting(100.0, 1.0, later), 450.0, "the report had it");
        backlog.end(50.0, later);
        assert_eq!(backlog.waiting(100.0, 1.0, later), 400.0);
    }

    #[test]
    fn our_own_requests_are_the_least_there_is() {
        let (mut backlog, now) = (Backlog::default(), Instant::now());
        backlog.begin(300.0);
        backlog.report(queue(0.0), now);
        assert_eq!(backlog.waiting(100.0, 1.0, now), 300.0);
    }
}
