//! How a call ends that no host serves.

use tokio::time::Instant;

use crate::deadline::Deadline;
use crate::error::Error;
use crate::journal::Journal;
use crate::pool::Pool;
use crate::stop::Stopped;

/// The call is over, and its journal says why.
#[derive(Debug)]
pub(crate) enum End {
    Refused,
    Exhausted,
    BudgetSpent,
    /// The first host is back then.
    Overloaded(Instant),
    TimedOut,
    Stopped(Stopped),
}

impl End {
    /// Whether another host could have changed it.
    pub(crate) fn is_for_want_of_hosts(&self) -> bool {
        matches!(self, Self::Exhausted | Self::Overloaded(_))
    }

    pub(crate) fn into_error(self, journal: Journal, deadline: Deadline, pool: &Pool) -> Error {
        let now = Instant::now();
        match self {
            Self::Refused => journal.refused(),
            Self::Exhausted => journal.exhausted(),
            Self::BudgetSpent => journal.budget_spent(),
            Self::Overloaded(until) => {
                journal.overloaded(until.saturating_duration_since(now), &pool.pauses(now))
            }
            Self::TimedOut => journal.timed_out(now, deadline.timeout()),
            Self::Stopped(stopped) => journal.stopped(stopped),
        }
    }
}
