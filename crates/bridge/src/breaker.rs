//! A circuit breaker: stops giving work to a host that keeps failing, and finds out when it is back.
//!
//! Five failures in a row open it, and so do a [`SuccessRatio`] under one half and a failed health check. What opened it
//! says what closes it. A host that could not be reached is back as soon as a health check goes well, so that one that was
//! restarted soon has work again. A host that was reached and failed its requests is back when it has served one, for it
//! answers `/health` all the time: after a pause it is half-open and lets one probe through, a request that decides. One
//! that doesn't even answer its health check gets no probe until it does, for it may hang, and the probe with it.
//!
//! Each failed probe doubles the pause, up to 30 s, and a breaker that opens again soon after it was closed goes on where it
//! was: every half minute without trouble takes one doubling back. Failures of requests that were sent before it opened
//! don't count again. A success of such a request closes it, unless the ratio opened it: a host that fails most of its
//! requests has successes all the time.

use std::time::Duration;

use tokio::time::Instant;

use crate::breaker_state::BreakerState;
use crate::success_ratio::SuccessRatio;

const FAILURES_TO_OPEN: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// After which the pause is the longest.
const MOST_DOUBLINGS: u32 = 5;
/// One doubling of the pause, by being closed for so long.
const FORGIVEN_IN: Duration = Duration::from_secs(30);

/// What opened it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Cause {
    /// The host wasn't there, or said that it is not well.
    Absence,
    /// It didn't answer its health check.
    Silence,
    /// Requests failed one after the other.
    Row,
    /// Most requests failed.
    Ratio,
}

/// How a request failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No connection was made.
    Unreachable,
    /// The host had it.
    Reached,
}

#[derive(Debug)]
pub(crate) struct Breaker {
    state: BreakerState,
    /// In a row, while closed.
    failures: u32,
    /// Of requests, while closed.
    ratio: SuccessRatio,
    cause: Cause,
    /// Whether the probe is on its way, while half-open.
    probing: bool,
    /// Pauses, less what was forgiven since.
    trips: u32,
    /// While it is closed, when that was done, if it was ever open; else the end of the pause.
    turn: Option<Instant>,
}

impl Default for Breaker {
    fn default() -> Self {
        let (state, ratio) = (BreakerState::Closed, SuccessRatio::default());
        Self { state, failures: 0, ratio, cause: Cause::Row, probing: false, trips: 0, turn: None }
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
            BreakerState::Open => self.cause != Cause::Silence && self.turn.is_none_or(|until| now >= until),
            BreakerState::HalfOpen => !self.probing,
        }
    }

    /// Notes that a request passes. `true` makes it the probe that decides.
    pub(crate) fn enter(&mut self, now: Instant) -> bool {
        let probe = self.state != BreakerState::Closed && self.admits(now);
        if probe {
            (self.state, self.probing) = (BreakerState::HalfOpen, true);
        }
        probe
    }

    /// The probe ended without telling anything: the next request is one.
    pub(crate) fn probe_told_nothing(&mut self) {
        self.probing = false;
    }

    /// A request went well.
    pub(crate) fn on_success(&mut self, now: Instant) {
        match self.state {
            BreakerState::Closed => {
                self.failures = 0;
                self.ratio.record(true, now);
            }
            BreakerState::Open if self.cause == Cause::Ratio => {}
            BreakerState::Open | BreakerState::HalfOpen => self.close(now),
        }
    }

    /// A health check went well. That is no request: it neither counts in the ratio nor ends a row of failures, and where
    /// requests failed it can't say more than that the host may be probed.
    pub(crate) fn on_well(&mut self, now: Instant) {
        match (self.state, self.cause) {
            (BreakerState::Closed, _) => {}
            (_, Cause::Absence | Cause::Silence) => self.close(now),
            (BreakerState::Open, _) if self.admits(now) => self.state = BreakerState::HalfOpen,
            _ => {}
        }
    }

    /// A request failed.
    pub(crate) fn on_failure(&mut self, failure: Failure, now: Instant, jitter: f64) {
        let cause = match failure {
            Failure::Unreachable => Cause::Absence,
            Failure::Reached => Cause::Row,
        };
        match self.state {
            BreakerState::Closed => self.count_failure(cause, now, jitter),
            BreakerState::HalfOpen => self.open(cause, now, jitter),
            BreakerState::Open => {}
        }
    }

    fn count_failure(&mut self, cause: Cause, now: Instant, jitter: f64) {
        self.failures += 1;
        self.ratio.record(false, now);
        match () {
            () if self.failures >= FAILURES_TO_OPEN => self.open(cause, now, jitter),
            () if self.ratio.is_bad(now) => self.open(Cause::Ratio, now, jitter),
            () => {}
        }
    }

    /// A health check failed, with an answer or without one: opens it without waiting for the fifth failure. Where it is
    /// open and lets nothing through already, the host has gone since.
    pub(crate) fn trip(&mut self, answered: bool, now: Instant, jitter: f64) {
        let cause = if answered { Cause::Absence } else { Cause::Silence };
        match self.state {
            BreakerState::Open if !self.admits(now) => self.cause = cause,
            _ => self.open(cause, now, jitter),
        }
    }

    /// The pause is cut by up to a quarter at random, so that many bridges don't probe in step.
    fn open(&mut self, cause: Cause, now: Instant, jitter: f64) {
        self.forgive(now);
        let pause = FIRST_PAUSE.saturating_mul(1 << self.trips.min(MOST_DOUBLINGS)).min(LONGEST_PAUSE);
        (self.state, self.cause, self.probing) = (BreakerState::Open, cause, false);
        self.trips = (self.trips + 1).min(MOST_DOUBLINGS);
        self.turn = Some(now + pause.mul_f64(1.0 - 0.25 * jitter.clamp(0.0, 1.0)));
    }

    fn close(&mut self, now: Instant) {
        *self = Self { trips: self.trips, turn: Some(now), ..Self::default() };
    }

    /// Takes back what it was closed for.
    fn forgive(&mut self, now: Instant) {
        if let (BreakerState::Closed, Some(since)) = (self.state, self.turn) {
            let spans = now.saturating_duration_since(since).as_secs() / FORGIVEN_IN.as_secs();
            self.trips = self.trips.saturating_sub(u32::try_from(spans).unwrap_or(u32::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(now: Instant) -> Breaker {
        let mut breaker = Breaker::default();
        (0..FAILURES_TO_OPEN).for_each(|_| breaker.on_failure(Failure::Reached, now, 0.0));
        breaker
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_a_success_between_does_not() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        for _ in 0..3 {
            (0..FAILURES_TO_OPEN - 1).for_each(|_| breaker.on_failure(Failure::Reached, now, 0.0));
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
            breaker.on_failure(Failure::Reached, now, 0.0);
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
            let until = breaker.turn.unwrap();
            pauses.push((until - now).as_secs());
            now = until;
            assert!(breaker.enter(now));
            breaker.on_failure(Failure::Reached, now, 0.0);
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
    }

    #[test]
    fn failures_of_earlier_requests_do_not_lengthen_the_pause() {
        let now = Instant::now();
        let mut breaker = opened(now);
        (0..20).for_each(|_| breaker.on_failure(Failure::Reached, now, 0.0));
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
                _ => breaker.on_failure(Failure::Reached, now, 0.0),
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
        assert!(breaker.enter(now + FIRST_PAUSE));
        breaker.on_success(now + FIRST_PAUSE);
        assert_eq!(breaker.state(), BreakerState::Closed);
        breaker.on_failure(Failure::Reached, now + FIRST_PAUSE, 0.0);
        assert_eq!(breaker.state(), BreakerState::Closed, "it begins anew");
    }

    #[test]
    fn a_health_check_brings_back_a_host_that_was_gone() {
        let now = Instant::now();
        let (mut refused, mut checked) = (Breaker::default(), Breaker::default());
        (0..FAILURES_TO_OPEN).for_each(|_| refused.on_failure(Failure::Unreachable, now, 0.0));
        checked.trip(true, now, 0.0);
        let mut failed_and_gone = opened(now);
        failed_and_gone.trip(false, now, 0.0);
        for mut breaker in [refused, checked, failed_and_gone] {
            assert_eq!(breaker.state(), BreakerState::Open);
            breaker.on_well(now);
            assert_eq!(breaker.state(), BreakerState::Closed);
        }
    }

    #[test]
    fn a_host_that_does_not_answer_its_health_check_is_probed_once_it_does() {
        let now = Instant::now();
        let (mut answers, mut hangs) = (Breaker::default(), Breaker::default());
        answers.trip(true, now, 0.0);
        hangs.trip(false, now, 0.0);
        let later = now + LONGEST_PAUSE;
        assert!(answers.admits(later) && !hangs.admits(later));
        hangs.trip(true, later, 0.0);
        assert!(hangs.enter(later), "it says what ails it");
        hangs.trip(false, later, 0.0);
        hangs.on_success(later);
        assert_eq!(hangs.state(), BreakerState::Closed, "it was asked, for no other was left");
    }

    #[test]
    fn a_health_check_says_at_most_that_a_host_which_failed_requests_may_be_probed() {
        let now = Instant::now();
        for mut breaker in [opened(now), failing_mostly(now)] {
            breaker.on_well(now);
            assert_eq!((breaker.state(), breaker.admits(now)), (BreakerState::Open, false));
            let later = now + FIRST_PAUSE;
            breaker.on_well(later);
            assert_eq!(breaker.state(), BreakerState::HalfOpen);
            assert!(breaker.enter(later) && !breaker.admits(later));
            breaker.on_well(later);
            assert!(!breaker.admits(later), "the probe is under way");
            breaker.on_success(later);
            assert_eq!(breaker.state(), BreakerState::Closed);
        }
    }

    #[test]
    fn the_pause_goes_on_where_it_was_and_is_forgiven_with_time() {
        let mut now = Instant::now();
        let mut breaker = opened(now);
        let mut pauses = vec![];
        for closed_for in [0, 0, 29, 31, 61, 3_600] {
            let until = breaker.turn.unwrap();
            pauses.push((until - now).as_secs());
            assert!(breaker.enter(until));
            breaker.on_success(until);
            now = until + Duration::from_secs(closed_for);
            (0..FAILURES_TO_OPEN).for_each(|_| breaker.on_failure(Failure::Reached, now, 0.0));
        }
        assert_eq!(pauses, [1, 2, 4, 8, 8, 4]);
        assert_eq!((breaker.turn.unwrap() - now).as_secs(), 1);
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
