//! How a call ends that no host serves.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::Error;
use crate::journal::Journal;

/// The call is over, and its journal says why.
#[derive(Debug)]
pub(crate) enum End {
    Refused,
    Exhausted,
    BudgetSpent,
    Overloaded(Duration),
    TimedOut,
}

impl End {
    pub(crate) fn into_error(self, journal: Journal) -> Error {
        match self {
            Self::Refused => journal.refused(),
            Self::Exhausted => journal.exhausted(),
            Self::BudgetSpent => journal.budget_spent(),
            Self::Overloaded(back_in) => journal.overloaded(back_in),
            Self::TimedOut => journal.timed_out(Instant::now()),
        }
    }
}
