//! What `metrics()` tells: what the calls came to, what they may spend, and [each host](crate::host_metrics).
//!
//! The number of series is bounded: routes, outcomes, codes and reasons are lists in this crate, and a host that has
//! gone is told no more. Names and units follow Prometheus' conventions.

use std::fmt;

use gpu_bridge_metrics::{Families, Labels, expose};

use crate::call_tally::Calls;
use crate::host_metrics::{self, HostFigures};

/// What became of a budget for retries.
#[derive(Debug)]
pub(crate) struct BudgetFigures {
    pub(crate) name: &'static str,
    pub(crate) granted: u64,
    pub(crate) refused: u64,
}

/// How an entry of the configuration has been looked up that stands for many hosts.
#[derive(Debug)]
pub(crate) struct LookupFigures {
    pub(crate) entry: String,
    pub(crate) hosts: usize,
    pub(crate) lookups: u64,
    pub(crate) failing: bool,
}

impl LookupFigures {
    fn labels(&self) -> Labels<'_, 1> {
        [("entry", &self.entry)]
    }
}

/// Everything there is to tell.
#[derive(Debug)]
pub(crate) struct Figures {
    /// No two of the same name.
    pub(crate) hosts: Vec<HostFigures>,
    pub(crate) calls: Calls,
    pub(crate) lookups: Vec<LookupFigures>,
    pub(crate) budgets: [BudgetFigures; 2],
    /// Copies of late requests that may be sent at once.
    pub(crate) hedges_left: f64,
}

impl Figures {
    /// As OpenMetrics text.
    pub(crate) fn into_text(self) -> String {
        expose(move |families| {
            self.calls(families)?;
            self.budgets(families)?;
            self.lookups(families)?;
            host_metrics::tell(&self.hosts, families)
        })
    }

    fn calls(&self, families: &mut Families<'_>) -> fmt::Result {
        let help = "Calls that ended: ok, or the error's code. One over its deadline is a timeout.";
        let ended = self.calls.ended.iter();
        let ended = ended.map(|((route, outcome), count)| ([("route", route), ("outcome", outcome)], count));
        families.counter(("gpu_bridge_calls", help), ended)?;
        let running = self.calls.running().map(|(route, count)| ([("route", route)], count as f64));
        families.gauge(("gpu_bridge_calls_in_flight", "Calls that have not ended."), running)?;
        let help = "How long calls took, however they ended.";
        let durations = self.calls.durations.iter().map(|(route, seen)| ([("route", route)], seen));
        families.histogram(("gpu_bridge_call_duration_seconds", help), durations)
    }

    fn lookups(&self, families: &mut Families<'_>) -> fmt::Result {
        let help = "Hosts that an entry stands for, as found in DNS.";
        let hosts = self.lookups.iter().map(|lookup| (lookup.labels(), lookup.hosts as f64));
        families.gauge(("gpu_bridge_discovered_hosts", help), hosts)?;
        let failing =
            self.lookups.iter().map(|lookup| (lookup.labels(), f64::from(u8::from(lookup.failing))));
        families
            .gauge(("gpu_bridge_lookup_failing", "1 where the last lookup of an entry failed."), failing)?;
        let lookups = self.lookups.iter().map(|lookup| (lookup.labels(), lookup.lookups));
        families.counter(("gpu_bridge_lookups", "Lookups of an entry's name in DNS."), lookups)
    }

    fn budgets(&self, families: &mut Families<'_>) -> fmt::Result {
        let withdrawals = self.budgets.iter().flat_map(|budget| {
            let labels = |result| [("budget", budget.name), ("result", result)];
            [(labels("granted"), budget.granted), (labels("refused"), budget.refused)]
        });
        let help = "Retries that repeat work, and whether the budget paid for them.";
        families.counter(("gpu_bridge_retry_budget_withdrawals", help), withdrawals)?;
        let help = "Copies of late requests that may be sent at once.";
        families.gauge(("gpu_bridge_hedge_budget_copies", help), [([], self.hedges_left)])
    }
}
