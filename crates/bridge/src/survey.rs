//! Asks every host at once, so that a dead one costs the others nothing.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use gpu_bridge_protocol::{HealthResponse, HealthStatus, InfoResponse, StatusResponse};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout};

use crate::deadline::Deadline;
use crate::engine::MODELS;
use crate::engine_check::UNKNOWN;
use crate::error::Error;
use crate::fleet::{Fleet, FleetStatus, HostAnswer, HostFault};
use crate::health::HealthChecker;
use crate::host::{Host, HostHealth, Key};
use crate::host_client::{HostClient, Question};
use crate::host_protocol::Protocol;
use crate::journal::Journal;
use crate::member::Member;
use crate::outcome::{Fault, Outcome};
use crate::portrait::Portrait;
use crate::trace::CallTrace;
use crate::transport::HostReply;

/// How long hosts may take, unless the caller says otherwise. Longer than a health check.
pub(crate) const PATIENCE: Duration = Duration::from_secs(6);

/// What each host answered.
type Findings<T> = Vec<(Arc<Member>, Result<T, Fault>)>;

/// What all hosts are asked alike.
#[derive(Debug)]
pub(crate) struct Inquiry {
    pub(crate) trace: CallTrace,
    /// How long they may take.
    pub(crate) patience: Duration,
}

/// `/health` of every host. It may be a check that others asked for, so it belongs to nobody's trace.
pub(crate) async fn health(
    client: &HostClient,
    checker: &HealthChecker,
    patience: Duration,
) -> Result<Fleet<HealthResponse>, Error> {
    let check = async |host: Arc<Member>| {
        let finding = timeout(patience, checker.check(&host)).await;
        (host, finding.unwrap_or_else(|_| Err(silent("/health"))))
    };
    let findings = join_all(client.pool.members().into_iter().map(check)).await;
    let members: Vec<_> = findings.iter().map(|(host, _)| Arc::clone(host)).collect();
    let well = |answer: &HealthResponse| 2 * usize::from(answer.status == HealthStatus::Ok);
    let mut fleet =
        gather(client, "/health", findings, |answer| well(answer) + usize::from(answer.device != UNKNOWN))?;
    for (entry, host) in fleet.hosts.iter_mut().zip(members) {
        name_locked_host(client, entry, &host);
    }
    Ok(fleet)
}

/// `/health` needs no key, so a host that refuses ours looks well; its entry says both.
fn name_locked_host(client: &HostClient, entry: &mut HostAnswer<HealthResponse>, host: &Member) {
    let locked = |host: &mut Host, _| (host.key() == Key::Refused).then(|| host.last_error.clone());
    if let Some(Some(reason)) = client.pool.update(host.id, locked)
        && entry.error.is_none()
    {
        let message = reason.unwrap_or_else(|| "the key was refused".to_owned());
        entry.error = Some(HostFault { code: "unauthorized".to_owned(), message });
    }
}

fn silent(path: &str) -> Fault {
    Fault::new("timeout", None, format!("did not answer {path} in time"))
}

/// `/info` of every host.
pub(crate) async fn info(client: &HostClient, inquiry: &Inquiry) -> Result<Fleet<InfoResponse>, Error> {
    let findings = ask_all(client, inquiry).await;
    gather(client, InfoResponse::PATH, findings, |answer: &InfoResponse| {
        usize::from(answer.device != UNKNOWN)
    })
}

/// `/status` of every host.
pub(crate) async fn status(client: &HostClient, inquiry: &Inquiry) -> Result<FleetStatus, Error> {
    let findings = ask_all(client, inquiry).await;
    let room = |answer: &StatusResponse| answer.queue.available_slots;
    gather(client, StatusResponse::PATH, findings, room).map(Fleet::into_status)
}

async fn ask_all<T: Portrait>(client: &HostClient, inquiry: &Inquiry) -> Findings<T> {
    let deadline = Deadline::after(Instant::now(), inquiry.patience);
    let ask = async |host: Arc<Member>| {
        let span = inquiry.trace.child();
        let question = |path| Question::get(path, inquiry.trace.request_id()).within(span);
        let finding = match host.config.protocol {
            Protocol::GpuBridge => ask(client, &host, question(T::PATH), deadline).await,
            Protocol::OpenAi => ask_engine(client, &host, question(MODELS), deadline).await,
        };
        (host, finding)
    };
    join_all(client.pool.members().into_iter().map(ask)).await
}

/// A host of another engine is asked for its models, and its answer is drawn from that.
async fn ask_engine<T: Portrait>(
    client: &HostClient,
    host: &Member,
    question: Question,
    deadline: Deadline,
) -> Result<T, Fault> {
    let reply = client.ask_until(host, &question, deadline, silent(question.path)).await?;
    let models = host.engine.on_models(&reply).map_err(|outcome| refusal(client, host, &reply, &outcome))?;
    let in_flight = client.pool.update(host.id, |host: &mut Host, _| host.in_flight).unwrap_or_default();
    Ok(T::draw(models.unwrap_or_default(), in_flight as usize))
}

async fn ask<T: DeserializeOwned>(
    client: &HostClient,
    host: &Member,
    question: Question,
    deadline: Deadline,
) -> Result<T, Fault> {
    let reply = client.ask_until(host, &question, deadline, silent(question.path)).await?;
    read(client, host, &reply)
}

fn read<T: DeserializeOwned>(client: &HostClient, host: &Member, reply: &HostReply) -> Result<T, Fault> {
    if (200..300).contains(&reply.status) {
        return serde_json::from_slice(&reply.body)
            .map_err(|error| Fault::bad_response(reply.status, format!("the answer is no good: {error}")));
    }
    Err(refusal(client, host, reply, &Outcome::of_refusal(reply)))
}

/// Why there is no answer. The pool is told where it is the key.
fn refusal(client: &HostClient, host: &Member, reply: &HostReply, outcome: &Outcome) -> Fault {
    if let Outcome::Unauthorized(_) = outcome {
        client.pool.observe(host.id, outcome, Instant::now());
    }
    let nothing = || Fault::bad_response(reply.status, "gave no answer");
    outcome.fault().cloned().unwrap_or_else(nothing)
}

/// The best answer is that of a host that is given work; among those, of the one that ranks highest.
fn gather<T: Clone>(
    client: &HostClient,
    path: &'static str,
    findings: Findings<T>,
    rank: impl Fn(&T) -> usize,
) -> Result<Fleet<T>, Error> {
    let now = Instant::now();
    let works = |host: &Member| {
        let health = client.pool.update(host.id, |host, _| host.health(now));
        matches!(health, Some(HostHealth::Healthy | HostHealth::Unknown))
    };
    let answers = findings.iter().filter_map(|(host, finding)| Some((host, finding.as_ref().ok()?)));
    // `max_by_key` takes the last of equals; the first in the configuration is meant.
    let best = answers.rev().max_by_key(|(host, answer)| (works(host), rank(answer)));
    let Some(best) = best.map(|(_, answer)| answer.clone()) else {
        return Err(nobody(path, findings));
    };
    let hosts = findings.into_iter().map(|(host, finding)| HostAnswer::new(&host.config, finding));
    Ok(Fleet { best, hosts: hosts.collect() })
}

fn nobody<T>(path: &'static str, findings: Findings<T>) -> Error {
    let mut journal = Journal::new(path, Instant::now());
    for (host, finding) in findings {
        if let Err(fault) = finding {
            journal.note(host.name(), fault);
        }
    }
    journal.exhausted()
}
