//! Makes one answer of what the hosts answered.

use std::sync::Arc;

use tokio::time::Instant;

use crate::error::Error;
use crate::fault::Fault;
use crate::fleet::{Fleet, HostAnswer};
use crate::host_health::HostHealth;
use crate::journal::Journal;
use crate::member::Member;
use crate::pool::Pool;

/// What each host answered, in the order of the configuration.
pub(crate) type Findings<T> = Vec<(Arc<Member>, Result<T, Fault>)>;

/// The best answer is that of a host that is given work; among those, of the one that ranks highest.
///
/// # Errors
/// When no host answered.
pub(crate) fn gather<T: Clone>(
    pool: &Pool,
    path: &'static str,
    findings: Findings<T>,
    rank: impl Fn(&T) -> usize,
) -> Result<Fleet<T>, Error> {
    let answers = findings.iter().filter_map(|(host, finding)| Some((host, finding.as_ref().ok()?)));
    // `max_by_key` takes the last of equals; the first in the configuration is meant.
    let best = answers.rev().max_by_key(|(host, answer)| (works(pool, host), rank(answer)));
    let Some(best) = best.map(|(_, answer)| answer.clone()) else {
        return Err(nobody(path, findings));
    };
    let hosts = findings.into_iter().map(|(host, finding)| HostAnswer::new(&host.config, finding));
    Ok(Fleet { best, hosts: hosts.collect() })
}

fn works(pool: &Pool, host: &Member) -> bool {
    let now = Instant::now();
    let health = pool.update(host.id, |host, _| host.health(now));
    matches!(health, Some(HostHealth::Healthy | HostHealth::Unknown))
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
