//! The pool, as the [`Plan`](crate::plan::Plan) of one call sees it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::attempt_log::Subject;
use crate::batch::Batch;
use crate::budget::RetryBudget;
use crate::demand::{Demand, Kind};
use crate::dispatcher::Dispatcher;
use crate::held::Held;
use crate::host_id::HostId;
use crate::identity::Identity;
use crate::lease::Lease;
use crate::pick::Pick;
use crate::pool::Pool;
use crate::supply::Supply;
use crate::tried::Tried;

/// See the module.
#[derive(Clone, Copy)]
pub(crate) struct Market<'a> {
    pub(crate) dispatcher: &'a Dispatcher,
    pub(crate) kind: &'a Kind,
    pub(crate) subject: Subject<'a>,
}

impl<'a> Market<'a> {
    pub(crate) fn pool(&self) -> &'a Arc<Pool> {
        &self.dispatcher.client.pool
    }

    /// Slices have their own, so that a large call in a storm leaves small ones theirs.
    pub(crate) fn budget(&self, spread: bool) -> &'a RetryBudget {
        if spread { &self.dispatcher.slice_budget } else { &self.dispatcher.budget }
    }

    /// Whether the whole batch should be spread over hosts.
    pub(crate) fn spreads(&self, tried: &Tried, batch: &Batch, now: Instant) -> bool {
        let all = 0..batch.len();
        self.pool().spreads(tried, &self.demand(batch.tokens(&all)), batch.entries(&all), now)
    }

    fn demand(&self, tokens: f64) -> Demand {
        Demand { kind: self.kind.clone(), tokens }
    }
}

impl Supply for Market<'_> {
    type Offer = Lease;

    fn pick(&self, tried: &Tried, tokens: f64, held: Option<&Held>, now: Instant) -> Pick<Lease> {
        self.pool().pick(tried, &self.demand(tokens), held, now)
    }

    fn identities(&self, now: Instant) -> Vec<(HostId, f64, Identity)> {
        self.pool().identities(self.kind, now)
    }

    fn pay(&self, spread: bool) -> bool {
        self.budget(spread).withdraw()
    }

    fn refused(&self, host: HostId, entries: usize) {
        self.pool().update(host, |host, _| host.limits.on_refused(entries));
    }

    fn jitter(&self) -> f64 {
        self.pool().jitter()
    }

    fn waits(&self, pause: Duration) {
        self.subject.waits(pause);
    }
}
