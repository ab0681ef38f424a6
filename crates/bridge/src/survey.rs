//! What is asked of every host, and which of their answers is the best.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use gpu_bridge_protocol::{HealthResponse, HealthStatus, InfoResponse, StatusResponse};
use tokio::time::timeout_at;

use crate::deadline::Deadline;
use crate::engine_check::UNKNOWN;
use crate::error::Error;
use crate::findings::gather;
use crate::fleet::{Fleet, FleetStatus, HostAnswer, HostFault};
use crate::health::HealthChecker;
use crate::host::{Host, Key};
use crate::inquiry::{Inquiry, silent};
use crate::member::Member;
use crate::pool::Pool;
use crate::portrait::Portrait;

/// How long hosts may take, unless the caller says otherwise. Longer than a health check.
pub(crate) const PATIENCE: Duration = Duration::from_secs(6);

/// `/health` of every host. It may be a check that others asked for, so it belongs to nobody's trace.
pub(crate) async fn health(
    checker: &HealthChecker,
    deadline: Deadline,
) -> Result<Fleet<HealthResponse>, Error> {
    let check = async |host: Arc<Member>| {
        let finding = timeout_at(deadline.instant(), checker.check(&host)).await;
        (host, finding.unwrap_or_else(|_| Err(silent("/health"))))
    };
    let pool = &checker.client.pool;
    let findings = join_all(pool.members().into_iter().map(check)).await;
    let members: Vec<_> = findings.iter().map(|(host, _)| Arc::clone(host)).collect();
    let well = |answer: &HealthResponse| 2 * usize::from(answer.status == HealthStatus::Ok);
    let rank = |answer: &HealthResponse| well(answer) + usize::from(answer.device != UNKNOWN);
    let mut fleet = gather(pool, "/health", findings, rank)?;
    for (entry, host) in fleet.hosts.iter_mut().zip(members) {
        name_locked_host(pool, entry, &host);
    }
    Ok(fleet)
}

/// `/health` needs no key, so a host that refuses ours looks well; its entry says both.
fn name_locked_host(pool: &Pool, entry: &mut HostAnswer<HealthResponse>, host: &Member) {
    let locked = |host: &mut Host, _| (host.key() == Key::Refused).then(|| host.last_error.clone());
    if let Some(Some(reason)) = pool.update(host.id, locked)
        && entry.error.is_none()
    {
        let message = reason.unwrap_or_else(|| "the key was refused".to_owned());
        entry.error = Some(HostFault { code: "unauthorized".to_owned(), message });
    }
}

/// `/info` of every host.
pub(crate) async fn info(inquiry: &Inquiry<'_>) -> Result<Fleet<InfoResponse>, Error> {
    let known = |answer: &InfoResponse| usize::from(answer.device != UNKNOWN);
    gather(&inquiry.client.pool, InfoResponse::PATH, inquiry.ask_all().await, known)
}

/// `/status` of every host.
pub(crate) async fn status(inquiry: &Inquiry<'_>) -> Result<FleetStatus, Error> {
    let room = |answer: &StatusResponse| answer.queue.available_slots;
    let fleet = gather(&inquiry.client.pool, StatusResponse::PATH, inquiry.ask_all().await, room);
    fleet.map(Fleet::into_status)
}
