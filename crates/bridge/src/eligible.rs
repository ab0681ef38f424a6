//! Which hosts may be asked by a call, and which of them should be.

use std::collections::BTreeMap;

use tokio::time::Instant;

use crate::demand::Kind;
use crate::host::{Host, Key};
use crate::host_id::HostId;
use crate::hosts::Hosts;
use crate::tried::Tried;

/// Hosts that the call may ask now.
pub(crate) fn ready<'a>(
    hosts: &'a Hosts,
    tried: &'a Tried,
    now: Instant,
) -> impl Iterator<Item = (HostId, &'a Host)> + 'a {
    allowed(hosts, tried)
        .filter(move |&(id, host)| host.parked_until(now).is_none() && tried.blocked_until(id, now).is_none())
}

fn allowed<'a>(hosts: &'a Hosts, tried: &'a Tried) -> impl Iterator<Item = (HostId, &'a Host)> + 'a {
    let able = |host: &Host| tried.takes(host.member.config.protocol);
    hosts.iter().filter(move |&(id, host)| able(host) && tried.allows(id))
}

/// Hosts that the call hasn't asked yet, if there are any, else those that it may ask again. Of these the fit ones; else
/// those whose key is good; else those as well that have said they haven't got the model; else all. Of
/// the hosts of an entry, those of the first priority that is left.
pub(crate) fn best(hosts: &Hosts, tried: &Tried, kind: &Kind, now: Instant) -> Vec<HostId> {
    let any_fresh = ready(hosts, tried, now).any(|(id, _)| tried.is_fresh(id));
    let ready: Vec<_> =
        ready(hosts, tried, now).filter(|(id, _)| !any_fresh || tried.is_fresh(*id)).collect();
    let unlocked = |host: &Host| host.key() != Key::Refused;
    let has = |host: &Host| !host.missing.lacks(kind, now);
    let tiers: [&dyn Fn(&Host) -> bool; 4] =
        [&|host| host.is_fit(now) && has(host), &|host| unlocked(host) && has(host), &unlocked, &|_| true];
    let tier = |fit: &dyn Fn(&Host) -> bool| -> Vec<_> {
        ready.iter().filter(|(_, host)| fit(host)).map(|(id, _)| *id).collect()
    };
    let best = tiers.into_iter().map(tier).find(|tier| !tier.is_empty()).unwrap_or_default();
    first_priority(hosts, best)
}

/// Of each entry the hosts with the lowest number.
fn first_priority(hosts: &Hosts, mut best: Vec<HostId>) -> Vec<HostId> {
    let entry = |id: HostId| hosts[id].member.entry;
    let mut first = BTreeMap::new();
    for &id in &best {
        let lowest = first.entry(entry(id)).or_insert(hosts[id].priority);
        *lowest = hosts[id].priority.min(*lowest);
    }
    best.retain(|&id| first.get(&entry(id)) == Some(&hosts[id].priority));
    best
}

/// When the first of the hosts that are left may be asked.
pub(crate) fn returning(hosts: &Hosts, tried: &Tried, now: Instant) -> Option<Instant> {
    let until = |(id, host): (HostId, &Host)| host.parked_until(now).max(tried.blocked_until(id, now));
    allowed(hosts, tried).filter_map(until).min()
}
