//! Health checks: is a host there, does it take work, does it take our key?
//!
//! `GET /health` needs no key, so its answer says nothing about ours; a host that hasn't taken the key yet is
//! asked `/info` with it as well, which also tells what it takes at a time. A failed check takes the host out
//! at once, and a good one brings it back, unless it is requests that fail there.
//! Checks run on an interval, spread at random and shorter while a host is out or stopping, and whenever a call finds a
//! host silent; callers that ask at the same moment share one.

use std::time::Duration;

use gpu_bridge_protocol::{HealthResponse, HealthStatus, InfoResponse};
use tokio::time::{Instant, sleep_until};

use crate::deadline::Deadline;
use crate::fault::Fault;
use crate::finding::Finding;
use crate::host::{Host, Key};
use crate::host_client::{HostClient, Question};
use crate::host_protocol::Protocol;
use crate::member::Member;
use crate::outcome::Outcome;
use crate::refusal;
use crate::retry_after::retry_after;
use crate::transport::HostReply;

/// How long a host may take to say how it is. Long enough for one whose processors are all at work.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
/// A check this young needn't be repeated.
const FRESH: Duration = Duration::from_millis(500);
/// Longest interval while a host is out or stopping, so that it gets work soon after it is back.
const WHILE_OUT: Duration = Duration::from_secs(5);
/// Longest time until a host is checked that has just gone.
const SOON: Duration = Duration::from_secs(1);
/// The pause of a host that is starting or stopping and doesn't say for how long.
const PAUSE: Duration = Duration::from_secs(2);

/// See the module.
pub(crate) struct HealthChecker {
    pub(crate) client: HostClient,
}

impl HealthChecker {
    pub(crate) fn new(client: HostClient) -> Self {
        Self { client }
    }

    /// Checks one host until it leaves, at random moments that are an interval apart on average.
    pub(crate) async fn run(&self, host: &Member) {
        let first = self.client.config.health_check_interval.min(Duration::from_secs(1));
        let mut pause = first.mul_f64(self.client.pool.jitter());
        loop {
            // A host that leaves at the very moment isn't asked any more.
            tokio::select! {
                biased;
                () = host.left.cancelled() => return,
                () = self.check_after(host, pause) => {}
            }
            pause = self.interval(host);
        }
    }

    fn interval(&self, host: &Member) -> Duration {
        let interval = self.client.config.health_check_interval;
        let away = self.client.pool.update(host.id, |host, _| host.is_away()).unwrap_or_default();
        let interval = if away { interval.min(WHILE_OUT) } else { interval };
        interval.mul_f64(0.8 + 0.4 * self.client.pool.jitter())
    }

    /// Checks it after the pause, or sooner where requests find out before that it is out or stopping.
    async fn check_after(&self, host: &Member, pause: Duration) {
        let due = Instant::now() + pause;
        tokio::select! {
            () = sleep_until(due) => {}
            () = host.went.notified() => {
                sleep_until(due.min(Instant::now() + SOON.mul_f64(self.client.pool.jitter()))).await;
            }
        }
        // The pool has been told; nobody here needs the finding.
        let _ = self.check(host).await;
    }

    /// Checks one host, unless that has just been done, and tells the pool.
    pub(crate) async fn check(&self, host: &Member) -> Finding {
        let mut last = host.checked.lock().await;
        if let Some((at, finding)) = &*last
            && at.elapsed() < FRESH
        {
            return finding.clone();
        }
        let finding = match host.config.protocol {
            Protocol::GpuBridge => self.examine(host).await,
            Protocol::OpenAi => self.examine_engine(host).await,
        };
        *last = Some((Instant::now(), finding.clone()));
        finding
    }

    async fn examine(&self, host: &Member) -> Finding {
        let finding = match self.get(host, "/health").await {
            Ok(reply) => self.judge(host, &reply),
            Err(fault) => Err(self.sick(host, fault)),
        };
        let is_new = |host: &mut Host, _| host.key() != Key::Good || host.limits.are_unknown();
        let word = finding.as_ref().map_or("failed", |answer| answer.status.as_str());
        self.client.pool.update(host.id, |host, _| host.tally.checks.count(word));
        if finding.is_ok() && self.client.pool.update(host.id, is_new) == Some(true) {
            self.introduce(host).await;
        }
        finding
    }

    pub(crate) async fn get(&self, host: &Member, path: &'static str) -> Result<HostReply, Fault> {
        let deadline = Deadline::after(Instant::now(), PATIENCE);
        let question = Question::get(path, self.client.pool.request_id());
        let silence = format!("did not answer {path} within {} s", PATIENCE.as_secs());
        let silence = Fault::new("unresponsive", None, silence);
        self.client.ask_until(host, &question, deadline, silence).await
    }

    /// A host that hasn't taken the key gets a chance to, and says what it takes at a time.
    async fn introduce(&self, host: &Member) {
        let Ok(reply) = self.get(host, "/info").await else { return };
        if (200..300).contains(&reply.status) {
            let info: Option<InfoResponse> = serde_json::from_slice(&reply.body).ok();
            self.client.pool.update(host.id, |host, _| {
                host.on_authorized();
                host.limits.on_info(info.as_ref().and_then(|info| info.limits));
                if let Some(info) = &info {
                    host.loaded.on_info(&info.loaded_models, Instant::now());
                }
            });
            return;
        }
        let outcome = refusal::outcome(&reply);
        if let Outcome::Unauthorized(_) = outcome {
            self.observe(host, &outcome);
        }
    }

    fn judge(&self, host: &Member, reply: &HostReply) -> Finding {
        match serde_json::from_slice::<HealthResponse>(&reply.body) {
            Ok(answer) => Ok(self.take(host, answer, reply)),
            Err(_) if (200..300).contains(&reply.status) => {
                let message = "answered /health with something else than a GPU service's health; check `url`";
                Err(self.sick(host, Fault::bad_response(reply.status, message)))
            }
            Err(_) => Err(self.refused(host, reply)),
        }
    }

    fn take(&self, host: &Member, answer: HealthResponse, reply: &HostReply) -> HealthResponse {
        let detail = answer.detail.clone().unwrap_or_else(|| "it gave no detail".to_owned());
        match answer.status {
            HealthStatus::Ok => {
                let well = |host: &mut Host, _| host.on_well(answer.device.clone(), Instant::now());
                self.client.pool.update(host.id, well);
            }
            HealthStatus::Error => {
                let _ = self.sick(host, Fault::new("server_error", Some(reply.status), detail));
            }
            HealthStatus::Starting | HealthStatus::Draining => {
                let pause = retry_after(&reply.headers).unwrap_or(PAUSE);
                let draining = answer.status == HealthStatus::Draining;
                if !draining {
                    self.client.pool.update(host.id, |host, _| host.on_starting(Instant::now()));
                }
                let fault = Fault::new("overloaded", Some(reply.status), detail);
                self.observe(host, &Outcome::Overloaded { pause, draining, fault });
            }
        }
        answer
    }

    /// Something before the service answered, or something that is none.
    fn refused(&self, host: &Member, reply: &HostReply) -> Fault {
        let outcome = refusal::outcome(reply);
        let fault = outcome.fault().cloned();
        let fault = fault.unwrap_or_else(|| Fault::bad_response(reply.status, "/health has no answer"));
        match outcome {
            Outcome::Unauthorized(_) | Outcome::Overloaded { .. } => self.observe(host, &outcome),
            _ => return self.sick(host, fault),
        }
        fault
    }

    pub(crate) fn observe(&self, host: &Member, outcome: &Outcome) {
        self.client.pool.observe(host.id, outcome, Instant::now());
    }

    pub(crate) fn sick(&self, host: &Member, fault: Fault) -> Fault {
        let (name, reason) = (host.name(), fault.message.trim_end_matches('.'));
        tracing::debug!(
            host = name,
            code = fault.code,
            "The health check of {name} failed ({}): {reason}.",
            fault.code
        );
        let now = Instant::now();
        self.client.pool.update(host.id, |host, jitter| host.on_sick(&fault, now, jitter));
        fault
    }
}
