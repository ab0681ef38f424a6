//! Who gets the next call, the next slice of one, or a copy of a late request.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Pool;
use crate::affinity::prefer_loaded;
use crate::appraisal::Appraisal;
use crate::breaker_state::BreakerState;
use crate::candidate::Candidate;
use crate::copy::Copy;
use crate::demand::{Demand, Kind};
use crate::eligible::{best, ready, returning};
use crate::held::Held;
use crate::host::Host;
use crate::host_id::HostId;
use crate::identity::Identity;
use crate::lease::{Errand, Lease, Sent};
use crate::ledger::Entries;
use crate::panic_mode::reserve;
use crate::pick::Pick;
use crate::tried::Tried;
use crate::{slice_size, spread};

impl Pool {
    /// The host for the next attempt of a call: a fit one if any is left, else any that isn't parked, for a
    /// host that is thought to be down is a better hope than none. Where most are, some calls go
    /// [there](crate::panic_mode) all the same. Where the call is spread, `held` are the slices
    /// that each host has of it, and the host that is to have the next one is found; else the strategy decides.
    pub(crate) fn pick(
        &self,
        tried: &Tried,
        demand: &Demand,
        held: Option<&Held>,
        now: Instant,
    ) -> Pick<Lease> {
        let mut state = self.lock();
        let Entries { hosts, balancer, .. } = &mut *state;
        let best = best(hosts, tried, &demand.kind, now);
        if best.is_empty() {
            return returning(hosts, tried, now).map_or(Pick::Exhausted, Pick::Wait);
        }
        let appraisal = Appraisal::new(hosts, &demand.kind, now);
        let chosen = match held {
            Some(held) => spread::next(hosts, &best, held, &appraisal)
                .map(|id| (id, spread::share(id, &best, &appraisal, demand.tokens))),
            None => {
                let reserve = reserve(hosts, &best, (tried, &demand.kind), now);
                let candidates = candidates(&best, &appraisal, demand, &reserve);
                balancer.choose(candidates).map(|id| (id, f64::INFINITY))
            }
        };
        let chosen = chosen.and_then(|(id, tokens)| Some((hosts.find(id)?, tokens)));
        let Some((host, tokens)) = chosen else { return Pick::Busy };
        let demand = Demand { tokens: demand.tokens.min(tokens), ..demand.clone() };
        let (probe, grant) = (host.breaker.enter(now), (tokens, host.limits.room()));
        Pick::Lease(self.lend(host, probe, Errand { demand, grant }, now))
    }

    fn lend(&self, host: &mut Host, probe: bool, errand: Errand, now: Instant) -> Lease {
        host.traffic.begin(&errand.demand);
        Lease::new(Arc::clone(&self.ledger), Arc::clone(&host.member), probe, errand, now)
    }

    /// When a request counts as late: it has then been the host's oldest for longer than nineteen of twenty such
    /// requests are. `None` while too few were seen.
    pub(crate) fn late_at(&self, sent: &Sent) -> Option<Instant> {
        let mut state = self.lock();
        let host = state.hosts.find(sent.host)?;
        let usual = host.traffic.gauges.of(&sent.demand.kind)?.latency.p95(sent.demand.tokens)?;
        Some(host.traffic.first_in_line(sent.begun) + usual)
    }

    /// For how long the host that has a request has served nothing, where that shows that it
    /// [stalled](crate::gauge::Gauge::stalled).
    pub(crate) fn stalled(&self, sent: &Sent, now: Instant) -> Option<Duration> {
        let mut state = self.lock();
        let gauge = state.hosts.find(sent.host)?.traffic.gauges.of(&sent.demand.kind)?;
        gauge.stalled(sent.demand.tokens, sent.begun, now)
    }

    /// A well host for a copy of a request: the one that is done first, if that is soon enough and `affordable`.
    pub(crate) fn copy(
        &self,
        wanted: &Copy<'_>,
        affordable: impl FnOnce() -> bool,
        now: Instant,
    ) -> Option<Lease> {
        let (mut state, demand) = (self.lock(), &wanted.of.demand);
        let appraisal = Appraisal::new(&state.hosts, &demand.kind, now);
        let hosts = ready(&state.hosts, wanted.tried, now).filter(|(id, host)| fits(*id, host, wanted, now));
        let candidates = hosts.map(|(id, _)| appraisal.candidate(id, demand));
        let first = candidates.min_by(|a, b| a.seconds.total_cmp(&b.seconds))?;
        if first.seconds > wanted.within.as_secs_f64() || !affordable() {
            return None;
        }
        let host = state.hosts.find(first.host)?;
        let errand = Errand { demand: demand.clone(), grant: (demand.tokens, host.limits.room()) };
        Some(self.lend(host, false, errand, now))
    }

    /// Whether a call of so many entries should be spread over hosts, rather than go to one whole: it is too much work
    /// for one, or there is one that doesn't take it whole.
    pub(crate) fn spreads(&self, tried: &Tried, demand: &Demand, entries: usize, now: Instant) -> bool {
        let state = self.lock();
        let best = best(&state.hosts, tried, &demand.kind, now);
        let appraisal = Appraisal::new(&state.hosts, &demand.kind, now);
        let fits = |id: &HostId| state.hosts[*id].limits.room().entries >= entries;
        !slice_size::is_whole(demand.tokens, spread::fleet(&best, &appraisal)) || !best.iter().all(fits)
    }

    /// The hosts that have done this kind of work, their speeds, and as what they answered last.
    pub(crate) fn identities(&self, kind: &Kind, now: Instant) -> Vec<(HostId, f64, Identity)> {
        let state = self.lock();
        let appraisal = Appraisal::new(&state.hosts, kind, now);
        let known = |(id, host): (HostId, &Host)| {
            Some((id, appraisal.speed(id), host.traffic.gauges.identity(kind)?.clone()))
        };
        state.hosts.iter().filter_map(known).collect()
    }

    /// Whether a host that is known to be well is left for the call.
    pub(crate) fn has_well(&self, tried: &Tried, except: HostId, now: Instant) -> bool {
        let state = self.lock();
        ready(&state.hosts, tried, now).any(|(host, state)| host != except && is_well(state, now))
    }
}

/// The best hosts, and those that are tried beside them with a share of their calls; of both those that have the model.
fn candidates(
    best: &[HostId],
    appraisal: &Appraisal<'_>,
    demand: &Demand,
    (reserve, share): &(Vec<HostId>, f64),
) -> Vec<Candidate> {
    let best = best.iter().map(|&id| appraisal.candidate(id, demand));
    let reserve = reserve.iter().map(|&id| appraisal.candidate(id, demand).with_share(*share));
    prefer_loaded(best.chain(reserve).collect())
}

/// Whether a host may have such a copy.
fn fits(id: HostId, host: &Host, wanted: &Copy<'_>, now: Instant) -> bool {
    let new = id != wanted.of.host && wanted.tried.is_fresh(id);
    let new = new && !host.missing.lacks(&wanted.of.demand.kind, now);
    new && is_well(host, now) && host.limits.room().most >= wanted.entries
}

/// Known to be well, and no probe.
fn is_well(host: &Host, now: Instant) -> bool {
    host.is_fit(now) && host.breaker.state() == BreakerState::Closed
}
