//! What every call works with. [`dispatch`](crate::dispatch) puts it to use.

use std::sync::Arc;

use tokio::time::Instant;

use crate::budget::RetryBudget;
use crate::call_tally::Calls;
use crate::discovery::Discovery;
use crate::health::HealthChecker;
use crate::hedge::Hedging;
use crate::host_client::HostClient;
use crate::metrics::Figures;
use crate::resolver::Resolver;
use crate::vigil::Vigil;

/// See the module.
pub(crate) struct Dispatcher {
    pub(crate) client: HostClient,
    pub(crate) budget: RetryBudget,
    pub(crate) slice_budget: RetryBudget,
    pub(crate) vigil: Vigil,
    pub(crate) hedging: Hedging,
    pub(crate) discovery: Discovery,
}

impl Dispatcher {
    /// Of the hosts that the checker checks, and those that the resolver will find.
    pub(crate) fn new(checker: Arc<HealthChecker>, resolver: Arc<dyn Resolver>) -> Self {
        let client = checker.client.clone();
        let HostClient { config, pool, .. } = &client;
        Self {
            budget: RetryBudget::new(config.retry_budget_percent),
            slice_budget: RetryBudget::new(config.retry_budget_percent),
            hedging: Hedging::new(config.hedge_percent),
            discovery: Discovery::new(config, Arc::clone(pool), resolver),
            vigil: Vigil::new(Arc::clone(pool), checker),
            client,
        }
    }

    /// What there is to tell of it and of the bridge's calls.
    pub(crate) fn figures(&self, calls: Calls) -> Figures {
        Figures {
            hosts: self.client.pool.figures(Instant::now()),
            calls,
            lookups: self.discovery.figures(),
            budgets: [self.budget.figures("calls"), self.slice_budget.figures("slices")],
            hedges_left: self.hedging.left(),
        }
    }

    /// Keeps no timer any more, for that would hold on to the runtime.
    pub(crate) fn close(&self) {
        self.vigil.alarms.close();
        self.hedging.close();
    }
}
