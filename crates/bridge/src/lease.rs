//! A host's promise to one attempt: it is counted as in flight until the lease ends.

use std::sync::Arc;

use tokio::time::Instant;

use crate::demand::Demand;
use crate::host_id::{HostId, Named};
use crate::host_limits::Room;
use crate::identity::Identity;
use crate::ledger::Ledger;
use crate::member::Member;
use crate::outcome::Outcome;
use crate::reason::Reason;
use crate::supply::Offer;

/// What a lease is for.
#[derive(Debug)]
pub(crate) struct Errand {
    pub(crate) demand: Demand,
    /// Estimated tokens and entries that the host may be given.
    pub(crate) grant: (f64, Room),
}

/// A request that a host has.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) host: HostId,
    pub(crate) demand: Demand,
    pub(crate) begun: Instant,
}

impl Offer for Lease {
    fn host(&self) -> Named<'_> {
        self.host.named()
    }

    fn grant(&self) -> (f64, Room) {
        self.grant
    }
}

/// One attempt's hold on a host. Dropping it, as a cancelled call does, says nothing about the host.
#[derive(Debug)]
#[must_use]
pub(crate) struct Lease {
    ledger: Arc<Ledger>,
    host: Arc<Member>,
    probe: bool,
    demand: Demand,
    grant: (f64, Room),
    begun: Instant,
    reason: Reason,
    /// A copy of the request was answered first.
    lost: bool,
    finished: bool,
}

impl Lease {
    pub(crate) fn new(
        ledger: Arc<Ledger>,
        host: Arc<Member>,
        probe: bool,
        errand: Errand,
        begun: Instant,
    ) -> Self {
        let Errand { demand, grant } = errand;
        Self {
            ledger,
            host,
            probe,
            demand,
            grant,
            begun,
            reason: Reason::First,
            lost: false,
            finished: false,
        }
    }

    pub(crate) fn host(&self) -> HostId {
        self.host.id
    }

    /// The host, for those who talk to it.
    pub(crate) fn member(&self) -> Arc<Member> {
        Arc::clone(&self.host)
    }

    /// Why the host is asked.
    pub(crate) fn reason(&self) -> Reason {
        self.reason
    }

    /// The same, for that reason.
    pub(crate) fn because(self, reason: Reason) -> Self {
        let mut lease = self;
        lease.reason = reason;
        lease
    }

    /// Whether this attempt decides if the host is back.
    pub(crate) fn is_probe(&self) -> bool {
        self.probe
    }

    /// What was asked of whom, and when.
    pub(crate) fn sent(&self) -> Sent {
        Sent { host: self.host(), demand: self.demand.clone(), begun: self.begun }
    }

    /// Says what the host is really given.
    pub(crate) fn carry(&mut self, tokens: f64) {
        let (before, begun) = (std::mem::replace(&mut self.demand.tokens, tokens), self.begun);
        self.ledger.update(self.host(), |host, _| {
            host.traffic.backlog.end(before, begun);
            host.traffic.backlog.begin(tokens);
        });
    }

    /// Tells the pool that the host did the work, and as which model. `counted` are the host's own tokens, where it
    /// says so.
    pub(crate) fn served(self, counted: Option<u64>, identity: Identity, now: Instant) {
        self.ledger.update(self.host(), |host, _| {
            host.traffic.measure(&self.demand, counted, self.begun, now);
            let tokens = counted.unwrap_or(self.demand.tokens as u64);
            host.tally.tokens.add(self.demand.kind.route(), tokens);
            host.traffic.gauges.identify(&self.demand.kind, identity);
        });
        self.finish(&Outcome::Served, now);
    }

    /// Tells the pool how the attempt ended.
    pub(crate) fn finish(mut self, outcome: &Outcome, now: Instant) {
        self.finished = true;
        self.release(Some(outcome), now);
    }

    /// A copy of the request was answered first.
    pub(crate) fn lose(mut self) {
        self.lost = true;
    }

    /// Gives the host back. `outcome` is `None` where the call went away.
    fn release(&self, outcome: Option<&Outcome>, now: Instant) {
        self.ledger.update(self.host(), |host, jitter| {
            host.traffic.end(&self.demand, self.begun, now);
            let took = now.saturating_duration_since(self.begun);
            host.tally.ended(self.demand.kind.route(), self.reason, outcome, took);
            if let Some(outcome) = outcome {
                host.observe(outcome, now, jitter);
            }
            match outcome {
                None if self.lost => {}
                None | Some(Outcome::Abandoned) => host.on_silence(self.begun, now, jitter),
                Some(Outcome::Served) => {
                    host.missing.served(&self.demand.kind);
                    host.loaded.served(&self.demand.kind);
                }
                Some(Outcome::ModelMissing(_)) => host.missing.refused(&self.demand.kind, now),
                _ => {}
            }
            if self.probe {
                host.breaker.probe_told_nothing();
            }
        });
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.finished {
            self.release(None, Instant::now());
        }
    }
}
