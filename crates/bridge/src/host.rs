//! A host as the pool knows it: what it was asked, what it answered, and whether it may be asked again.
//!
//! A pure state machine: every change comes from an event and the instant it happened. It never sends anything.

use std::sync::Arc;

use tokio::time::Instant;

use crate::breaker::{Breaker, Failure};
use crate::breaker_state::BreakerState;
use crate::fault::Fault;
use crate::host_health::HostHealth;
use crate::host_limits::HostLimits;
use crate::host_tally::HostTally;
use crate::loaded::Loaded;
use crate::member::Member;
use crate::missing::Missing;
use crate::outcome::Outcome;
use crate::pauses::Pauses;
use crate::silence::Silence;
use crate::slow_start::SlowStart;
use crate::traffic::Traffic;
use crate::transport::UNREACHABLE;

/// What a host thinks of our key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// It hasn't been asked anything that needs one.
    Untried,
    /// Taken.
    Good,
    /// Refused.
    Refused,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) member: Arc<Member>,
    /// Its share of the calls, against the other hosts' weights.
    pub(crate) weight: f64,
    /// It is asked only where no host of its entry with a lower number may be.
    pub(crate) priority: u16,
    pub(crate) breaker: Breaker,
    pub(crate) start: SlowStart,
    pub(crate) traffic: Traffic,
    pub(crate) failures: u64,
    pub(crate) last_error: Option<String>,
    /// When that was; kept when the error isn't any more.
    pub(crate) last_fault: Option<Instant>,
    pub(crate) device: Option<String>,
    pub(crate) limits: HostLimits,
    pub(crate) missing: Missing,
    pub(crate) loaded: Loaded,
    pub(crate) tally: HostTally,
    silence: Silence,
    pauses: Pauses,
    key: Key,
    heard: bool,
}

impl Host {
    pub(crate) fn new(member: Arc<Member>) -> Self {
        Self {
            weight: member.config.weight,
            priority: member.config.priority,
            limits: HostLimits::of(member.config.protocol),
            member,
            breaker: Breaker::default(),
            start: SlowStart::default(),
            traffic: Traffic::default(),
            failures: 0,
            last_error: None,
            last_fault: None,
            device: None,
            missing: Missing::default(),
            loaded: Loaded::default(),
            tally: HostTally::default(),
            silence: Silence::default(),
            pauses: Pauses::default(),
            key: Key::Untried,
            heard: false,
        }
    }

    /// Takes in how a request ended. `jitter` (0 to 1) spreads the breaker's pause.
    pub(crate) fn observe(&mut self, outcome: &Outcome, now: Instant, jitter: f64) {
        if !matches!(outcome, Outcome::Abandoned) {
            self.heard = true;
            self.silence.end(now);
        }
        match outcome {
            Outcome::Served | Outcome::BadInput(_) | Outcome::TooLarge(_) => self.answered(now),
            Outcome::ModelMissing(_) | Outcome::ModelLoading { .. } => self.answered(now),
            Outcome::WrongServer(_) => self.breaker.on_success(now),
            Outcome::Unauthorized(_) => self.key = Key::Refused,
            Outcome::Overloaded { pause, draining, .. } => self.pauses.ask(now + *pause, *draining),
            Outcome::Failed(fault) => {
                self.failures += 1;
                self.breaker.on_failure(failure(fault), now, jitter);
            }
            Outcome::Abandoned => {}
        }
        if let Some(fault) = outcome.fault_of_host() {
            self.last_error = Some(fault.message.clone());
            self.last_fault = Some(now);
        }
    }

    /// A request that was sent at `begun` was given up on. That is a failure where the host has been [silent](Silence) for
    /// long.
    pub(crate) fn on_silence(&mut self, begun: Instant, now: Instant, jitter: f64) {
        if let Some(lasted) = self.silence.go_on(begun, now) {
            self.last_error = Some(format!("answered no request for {} s", lasted.as_secs()));
            self.last_fault = Some(now);
            self.breaker.on_failure(Failure::Reached, now, jitter);
        }
    }

    /// It took the key and did its work, so it isn't locked. Within its pause it may still be stopping, and this be what
    /// it had taken before.
    fn answered(&mut self, now: Instant) {
        self.key = Key::Good;
        self.last_error = None;
        let started_again = self.parked_until(now).is_none() && self.pauses.on_well();
        self.recover(started_again, now, Breaker::on_success);
    }

    /// It is well. Where it was out or stopping and isn't any more, it starts slowly.
    fn recover(&mut self, started_again: bool, now: Instant, tell: impl FnOnce(&mut Breaker, Instant)) {
        let was_out = self.breaker.state() != BreakerState::Closed;
        tell(&mut self.breaker, now);
        let closed = self.breaker.state() == BreakerState::Closed;
        if started_again || (was_out && closed) {
            self.start.begin(now);
        }
    }

    /// A health check went well. That says nothing about the key nor about requests that fail.
    pub(crate) fn on_well(&mut self, device: String, now: Instant) {
        self.heard = true;
        self.device = Some(device);
        let started_again = self.pauses.on_well();
        self.recover(started_again, now, Breaker::on_well);
        if self.key != Key::Refused && self.breaker.state() == BreakerState::Closed {
            self.last_error = None;
        }
    }

    /// A health check met a process that is starting.
    pub(crate) fn on_starting(&mut self, now: Instant) {
        self.pauses.on_starting(now);
    }

    /// A health check failed: the host is out at once.
    pub(crate) fn on_sick(&mut self, fault: &Fault, now: Instant, jitter: f64) {
        self.heard = true;
        self.last_error = Some(fault.message.clone());
        self.last_fault = Some(now);
        self.limits.forget();
        self.missing = Missing::default();
        self.loaded = Loaded::default();
        self.breaker.trip(fault.status.is_some(), now, jitter);
    }

    /// The key was taken.
    pub(crate) fn on_authorized(&mut self) {
        self.key = Key::Good;
        self.last_error = None;
    }

    /// When it may be asked again; `None` is now.
    pub(crate) fn parked_until(&self, now: Instant) -> Option<Instant> {
        self.pauses.until(now)
    }

    pub(crate) fn key(&self) -> Key {
        self.key
    }

    /// Whether it said that it is stopping, and hasn't been well since.
    pub(crate) fn is_draining(&self) -> bool {
        self.pauses.is_away()
    }

    /// Whether it is out or stopping, so that its return is worth looking out for.
    pub(crate) fn is_away(&self) -> bool {
        self.is_draining() || self.breaker.state() != BreakerState::Closed
    }

    /// Whether it should be given work, as far as one can know.
    pub(crate) fn is_fit(&self, now: Instant) -> bool {
        self.key != Key::Refused && self.breaker.admits(now)
    }

    pub(crate) fn health(&self, now: Instant) -> HostHealth {
        let parked = self.parked_until(now).is_some();
        match () {
            () if self.member.left.is_cancelled() => HostHealth::Draining,
            () if self.key == Key::Refused => HostHealth::Unauthorized,
            () if self.pauses.is_stopping(now) => HostHealth::Draining,
            () if self.breaker.state() != BreakerState::Closed => HostHealth::Unhealthy,
            () if parked => HostHealth::Parked,
            () if self.heard => HostHealth::Healthy,
            () => HostHealth::Unknown,
        }
    }
}

fn failure(fault: &Fault) -> Failure {
    match fault.code {
        UNREACHABLE => Failure::Unreachable,
        _ => Failure::Reached,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::config::Config;
    use crate::host_id::HostId;

    fn host() -> Host {
        let config = Config::from_json(json!({ "url": "http://a" })).unwrap();
        Host::new(Arc::new(Member::new(HostId::new(0), 0, config.hosts[0].clone())))
    }

    fn fault() -> Fault {
        Fault::new("x", None, "no")
    }

    fn overloaded(draining: bool) -> Outcome {
        Outcome::Overloaded { pause: Duration::from_secs(5), draining, fault: fault() }
    }

    /// What a host looks like after such an outcome: health, failures, last error.
    fn after(outcome: &Outcome) -> (HostHealth, u64, Option<String>) {
        let (mut host, now) = (host(), Instant::now());
        host.observe(outcome, now, 0.0);
        (host.health(now), host.failures, host.last_error)
    }

    #[test]
    fn each_outcome_leaves_its_mark_and_no_other() {
        let no = || Some("no".to_owned());
        let loading = Outcome::ModelLoading { pause: Duration::from_secs(5), fault: fault() };
        let table = [
            (Outcome::Served, (HostHealth::Healthy, 0, None)),
            (Outcome::BadInput(fault()), (HostHealth::Healthy, 0, None)),
            (Outcome::TooLarge(fault()), (HostHealth::Healthy, 0, None)),
            (Outcome::ModelMissing(fault()), (HostHealth::Healthy, 0, None)),
            (loading, (HostHealth::Healthy, 0, None)),
            (Outcome::WrongServer(fault()), (HostHealth::Healthy, 0, no())),
            (Outcome::Unauthorized(fault()), (HostHealth::Unauthorized, 0, no())),
            (overloaded(false), (HostHealth::Parked, 0, no())),
            (overloaded(true), (HostHealth::Draining, 0, no())),
            (Outcome::Failed(fault()), (HostHealth::Healthy, 1, no())),
            (Outcome::Abandoned, (HostHealth::Unknown, 0, None)),
        ];
        for (outcome, expected) in table {
            assert_eq!(after(&outcome), expected, "{outcome:?}");
        }
    }

    #[test]
    fn a_host_that_stopped_is_tried_again_after_its_pause() {
        let (mut host, now) = (host(), Instant::now());
        host.observe(&overloaded(true), now, 0.0);
        assert!(host.parked_until(now).is_some());
        let later = now + Duration::from_secs(5);
        assert!(host.parked_until(later).is_none() && host.is_fit(later));
    }

    #[test]
    fn a_good_health_check_neither_frees_a_locked_host_nor_cuts_a_pause() {
        let (mut host, now) = (host(), Instant::now());
        host.observe(&Outcome::Unauthorized(fault()), now, 0.0);
        host.observe(&overloaded(false), now, 0.0);
        host.on_well("cpu".to_owned(), now);
        assert_eq!((host.health(now), host.parked_until(now).is_some()), (HostHealth::Unauthorized, true));
        host.on_authorized();
        assert_eq!(host.health(now), HostHealth::Parked);
    }

    #[test]
    fn a_host_that_was_out_or_stopping_starts_slowly() {
        let (mut host, now) = (host(), Instant::now());
        host.on_well("cpu".to_owned(), now);
        assert_eq!(host.start.share(now), 1.0, "it never was out");
        host.on_sick(&fault(), now, 0.0);
        host.on_well("cpu".to_owned(), now);
        assert_eq!(host.start.share(now), 0.1);
        let later = now + Duration::from_secs(60);
        host.on_well("cpu".to_owned(), later);
        assert_eq!(host.start.share(later), 1.0);
        host.observe(&overloaded(true), later, 0.0);
        let later = later + Duration::from_secs(5);
        host.observe(&Outcome::Served, later, 0.0);
        assert_eq!(host.start.share(later), 0.1);
    }

    #[test]
    fn a_host_that_stops_is_left_alone_until_another_process_is_well() {
        let (mut host, now) = (host(), Instant::now());
        host.observe(&overloaded(true), now, 0.0);
        host.observe(&Outcome::Served, now, 0.0);
        assert_eq!(host.health(now), HostHealth::Draining, "it ended what it had");
        host.on_sick(&fault(), now, 0.0);
        assert_eq!(host.health(now), HostHealth::Draining, "it may be started again");
        host.on_well("cpu".to_owned(), now);
        assert_eq!((host.health(now), host.parked_until(now)), (HostHealth::Healthy, None));
        assert_eq!(host.start.share(now), 0.1, "it starts slowly");
    }

    #[test]
    fn five_requests_in_vain_open_the_breaker_unless_anything_was_answered() {
        let (mut silent, mut busy, mut left, begun) = (host(), host(), host(), Instant::now());
        let late = begun + Duration::from_secs(5);
        busy.observe(&Outcome::Served, late, 0.0);
        for _ in 0..5 {
            silent.on_silence(begun, late, 0.0);
            busy.on_silence(begun, late, 0.0);
            left.on_silence(begun, late - Duration::from_millis(1), 0.0);
        }
        let states = [silent, busy, left].map(|host| host.breaker.state());
        assert_eq!(states, [BreakerState::Open, BreakerState::Closed, BreakerState::Closed]);
    }
}
