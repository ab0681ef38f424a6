//! A circuit breaker: stops giving work to a host that keeps failing, and finds out when it is back.
//!
//! Five failures in a row open it, and so does a [`SuccessRatio`] under one half. After a pause it is half-open and lets
//! one probe through: a success closes it, a failure doubles the pause, up to 30 s. Failures of requests that were sent
//! before it opened don't count again.
//!
//! Once it is open, a success closes it at any time, a health check's as well. Where the ratio opened it, only a probe's
//! does, or a health check's after the pause: a host that fails most of its requests has successes all the time, and
//! answers `/health`.

use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use crate::success_ratio::SuccessRatio;

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

impl BreakerState {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Closed, Self::Open, Self::HalfOpen];

    /// The word that JavaScript and metrics see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half-open",
        }
    }
}

#[derive(Debug)]
pub(crate) struct Breaker {
    state: BreakerState,
    /// In a row, while closed.
    failures: u32,
    /// Of requests, while closed.
    ratio: SuccessRatio,
    /// The ratio opened it.
    by_ratio: bool,
    /// Pauses since it was last closed.
    trips: u32,
    /// End of the pause. Set whenever it isn't closed.
    until: Option<Instant>,
}

impl Default for Breaker {
    fn default() -> Self {
        let (state, ratio) = (BreakerState::Closed, SuccessRatio::default());
        Self { state, failures: 0, ratio, by_ratio: false, trips: 0, until: None }
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

    /// A request went well.
    pub(crate) fn on_success(&mut self, now: Instant) {
        match self.state {
            BreakerState::Closed => {
                self.failures = 0;
                self.ratio.record(true, now);
            }
            BreakerState::Open if self.by_ratio => {}
            BreakerState::Open | BreakerState::HalfOpen => *self = Self::default(),
        }
    }

    /// A health check went well. That is no request: it neither counts in the ratio nor ends a row of failures.
    pub(crate) fn on_well(&mut self, now: Instant) {
        match self.state {
            BreakerState::Closed => {}
            BreakerState::Open if self.by_ratio && !self.admits(now) => {}
            BreakerState::Open | BreakerState::HalfOpen => *self = Self::default(),
        }
    }

    /// A request failed.
    pub(crate) fn on_failure(&mut self, now: Instant, jitter: f64) {
        match self.state {
            BreakerState::Closed => self.count_failure(now, jitter),
            BreakerState::HalfOpen => self.open(now, jitter),
            BreakerState::Open => {}
        }
    }

    fn count_failure(&mut self, now: Instant, jitter: f64) {
        self.failures += 1;
        self.ratio.record(false, now);
        self.by_ratio = self.failures < FAILURES_TO_OPEN && self.ratio.is_bad(now);
        if self.by_ratio || self.failures >= FAILURES_TO_OPEN {
            self.open(now, jitter);
        }
    }

    /// Opens it without waiting for the fifth failure, unless it is open and pausing already.
    pub(crate) fn trip(&mut self, now: Instant, jitter: f64) {
        if self.state == BreakerState::HalfOpen || self.admits(now) {
            self.by_ratio = false;
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
            breaker.on_success(now);
            breaker.on_well(now);
        }
        assert_eq!(breaker.state(), BreakerState::Closed);
        assert_eq!(opened(now).state(), BreakerState::Open);
    }

    #[test]
    fn health_checks_between_failures_do_not_hide_that_all_requests_fail() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        for _ in 0..FAILURES_TO_OPEN {
            assert_eq!(breaker.state(), BreakerState::Closed);
            breaker.on_well(now);
            breaker.on_failure(now, 0.0);
        }
        assert_eq!(breaker.state(), BreakerState::Open);
    }

    #[test]
    fn one_probe_passes_after_the_pause() {
        let now = Instant::now();
        let mut breaker = opened(now);
        assert!(!breaker.admits(now));
        let later = now + FIRST_PAUSE;
        assert!(breaker.admits(later) && breaker.enter(later));
        assert!(!breaker.admits(later), "a second probe passed");
        breaker.on_success(later);
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

    /// Two of three requests fail.
    fn failing_mostly(now: Instant) -> Breaker {
        let mut breaker = Breaker::default();
        for request in 0..60 {
            match request % 3 {
                2 => breaker.on_success(now),
                _ => breaker.on_failure(now, 0.0),
            }
        }
        breaker
    }

    #[test]
    fn a_host_that_fails_most_requests_is_out_though_never_five_in_a_row() {
        let now = Instant::now();
        let mut breaker = failing_mostly(now);
        assert_eq!(breaker.state(), BreakerState::Open, "its successes don't close it");
        breaker.on_well(now);
        assert_eq!(breaker.state(), BreakerState::Open, "nor do health checks, during the pause");
        breaker.on_well(now + FIRST_PAUSE);
        assert_eq!(breaker.state(), BreakerState::Closed);
        breaker.on_failure(now + FIRST_PAUSE, 0.0);
        assert_eq!(breaker.state(), BreakerState::Closed, "it begins anew");
    }

    #[test]
    fn a_probe_closes_what_the_ratio_opened() {
        let now = Instant::now();
        let mut breaker = failing_mostly(now);
        assert!(breaker.enter(now + FIRST_PAUSE));
        breaker.on_success(now + FIRST_PAUSE);
        assert_eq!(breaker.state(), BreakerState::Closed);
    }
}
