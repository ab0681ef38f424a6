//! The retry budget: how many extra requests failures may cause.
//!
//! Without one, a fleet that fails gets a multiple of its load. Each call deposits, each retry withdraws; what
//! is deposited counts for ten seconds. A floor of two retries a second keeps small callers able to fail over.
//!
//! Only retries that repeat work are charged: those after a host answered with a failure, and second rounds. A
//! host that gave no answer did nothing for the call, so that asking another one adds nothing to the fleet's
//! load; the death of a host with many calls in flight must not fail any. Refusals (401, 429, 503) cost a
//! host next to nothing.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tower::retry::budget::{Budget, TpsBudget};

use crate::metrics::BudgetFigures;

const WINDOW: Duration = Duration::from_secs(10);
const FLOOR_PER_SECOND: u32 = 2;

/// See the module.
#[derive(Debug)]
pub(crate) struct RetryBudget {
    budget: TpsBudget,
    granted: AtomicU64,
    refused: AtomicU64,
}

impl RetryBudget {
    /// `percent`: retries for every hundred calls, 0 to 100, beyond the floor.
    pub(crate) fn new(percent: f32) -> Self {
        let budget = TpsBudget::new(WINDOW, FLOOR_PER_SECOND, percent / 100.0);
        Self { budget, granted: AtomicU64::new(0), refused: AtomicU64::new(0) }
    }

    /// Notes a call.
    pub(crate) fn deposit(&self) {
        self.budget.deposit();
    }

    /// Whether a failure may be retried.
    pub(crate) fn withdraw(&self) -> bool {
        let granted = self.budget.withdraw();
        let count = if granted { &self.granted } else { &self.refused };
        count.fetch_add(1, Relaxed);
        granted
    }

    /// What became of the withdrawals so far. `name` tells the budget from others.
    pub(crate) fn figures(&self, name: &'static str) -> BudgetFigures {
        BudgetFigures { name, granted: self.granted.load(Relaxed), refused: self.refused.load(Relaxed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retries(budget: &RetryBudget) -> usize {
        (0..1000).take_while(|_| budget.withdraw()).count()
    }

    #[tokio::test(start_paused = true)]
    async fn retries_are_a_share_of_the_calls_beyond_the_floor() {
        let budget = RetryBudget::new(20.0);
        assert_eq!(retries(&budget), 20, "the floor of ten seconds");
        (0..100).for_each(|_| budget.deposit());
        assert_eq!(retries(&budget), 20);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_spent_comes_back() {
        let budget = RetryBudget::new(0.0);
        assert_eq!(retries(&budget), 20);
        tokio::time::advance(Duration::from_secs(30)).await;
        assert_eq!(retries(&budget), 20);
    }
}
