//! A circuit breaker: stops giving work to a host that keeps failing, and finds out when it is back.
//!
//! Five failures in a row open it. After a pause it is half-open and lets one probe through: a success closes
//! it, a failure doubles the pause, up to 30 s. Failures of requests that were sent before it opened don't
//! count again. A success always closes it, a health check's as well.

use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

const FAILURES_TO_OPEN: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Whether requests pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BreakerState {
    /// All pass.
    Closed,
    /// None passes until the pause is over.
    Open,
    /// One has passed, and its outcome decides.
    HalfOpen,
}

#[derive(Debug)]
pub(crate) struct Breaker {
    state: BreakerState,
    /// In a row, while closed.
    failures: u32,
    /// Pauses since it was last closed.
    trips: u32,
    /// End of the pause. Set whenever it isn't closed.
    until: Option<Instant>,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { state: BreakerState::Closed, failures: 0, trips: 0, until: None }
    }
}

impl Breaker {
    pub(crate) fn state(&self) -> BreakerState {
        self.state
    }

    /// Whether a request may pass now.
    pub(crate) fn admits(&self, now: Instant) -> bool {
        match self.state {
            BreakerState::Closed => true,
            BreakerState::Open => self.until.is_none_or(|until| now >= until),
            BreakerState::HalfOpen => false,
        }
    }

    /// Notes that a request passes. `true` makes it the probe that decides.
    pub(crate) fn enter(&mut self, now: Instant) -> bool {
        let probe = self.state == BreakerState::Open && self.admits(now);
        if probe {
            self.state = BreakerState::HalfOpen;
        }
        probe
    }

    /// The probe ended without telling anything: the next request is one.
    pub(crate) fn probe_told_nothing(&mut self) {
        if self.state == BreakerState::HalfOpen {
            self.state = BreakerState::Open;
        }
    }

    pub(crate) fn on_success(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn on_failure(&mut self, now: Instant, jitter: f64) {
        match self.state {
            BreakerState::Closed => {
                self.failures += 1;
                if self.failures >= FAILURES_TO_OPEN {
                    self.open(now, jitter);
                }
            }
            BreakerState::HalfOpen => self.open(now, jitter),
            BreakerState::Open => {}
        }
    }

    /// Opens it without waiting for the fifth failure, unless it is open and pausing already.
    pub(crate) fn trip(&mut self, now: Instant, jitter: f64) {
        if self.state == BreakerState::HalfOpen || self.admits(now) {
            self.open(now, jitter);
        }
    }

    /// The pause is cut by up to a quarter at random, so that many bridges don't probe in step.
    fn open(&mut self, now: Instant, jitter: f64) {
        let pause = FIRST_PAUSE.saturating_mul(1 << self.trips.min(10)).min(LONGEST_PAUSE);
        self.state = BreakerState::Open;
        self.trips += 1;
        self.until = Some(now + pause.mul_f64(1.0 - 0.25 * jitter.clamp(0.0, 1.0)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(now: Instant) -> Breaker {
        let mut breaker = Breaker::default();
        (0..FAILURES_TO_OPEN).for_each(|_| breaker.on_failure(now, 0.0));
        breaker
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_a_success_between_does_not() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        for _ in 0..3 {
            (0..FAILURES_TO_OPEN - 1).for_each(|_| breaker.on_failure(now, 0.0));
            breaker.on_success();
        }
        assert_eq!(breaker.state(), BreakerState::Closed);
        assert_eq!(opened(now).state(), BreakerState::Open);
    }

    #[test]
    fn one_probe_passes_after_the_pause() {
        let now = Instant::now();
        let mut breaker = opened(now);
        assert!(!breaker.admits(now));
        let later = now + FIRST_PAUSE;
        assert!(breaker.admits(later) && breaker.enter(later));
        assert!(!breaker.admits(later), "a second probe passed");
        breaker.on_success();
        assert!(breaker.admits(later));
    }

    #[test]
    fn failed_probes_lengthen_the_pause_up_to_its_limit() {
        let mut now = Instant::now();
        let mut breaker = opened(now);
        let mut pauses = vec![];
        for _ in 0..7 {
            let until = breaker.until.unwrap();
            pauses.push((until - now).as_secs());
            now = until;
            assert!(breaker.enter(now));
            breaker.on_failure(now, 0.0);
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
    }

    #[test]
    fn failures_of_earlier_requests_do_not_lengthen_the_pause() {
        let now = Instant::now();
        let mut breaker = opened(now);
        (0..20).for_each(|_| breaker.on_failure(now, 0.0));
        assert!(breaker.admits(now + FIRST_PAUSE));
    }

    #[test]
    fn a_probe_that_told_nothing_leaves_room_for_the_next() {
        let now = Instant::now();
        let mut breaker = opened(now);
        let later = now + FIRST_PAUSE;
        assert!(breaker.enter(later));
        breaker.probe_told_nothing();
        assert!(breaker.admits(later));
    }
}
