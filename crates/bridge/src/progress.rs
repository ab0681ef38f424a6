//! How far a call has come, and how it ends where no host serves it.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::Error;
use crate::host_id::HostId;
use crate::journal::Journal;
use crate::outcome::{Fault, Outcome};
use crate::tried::Tried;

/// How often each host may fail a call.
const ROUNDS: usize = 2;
/// Shortest pause before the same host is asked again, whatever it says.
const SHORTEST_PAUSE: Duration = Duration::from_millis(200);

/// What changes from attempt to attempt.
pub(crate) struct Progress<'a> {
    pub(crate) tried: Tried,
    rounds_left: usize,
    /// The next attempt repeats work, so that the retry budget pays for it.
    pub(crate) retrying: bool,
    pub(crate) journal: &'a mut Journal,
}

/// The call is over, and its journal says why.
pub(crate) enum End {
    Refused,
    Exhausted,
    BudgetSpent,
    Overloaded(Duration),
    TimedOut,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(hosts: usize, journal: &'a mut Journal) -> Self {
        Self { tried: Tried::none(hosts), rounds_left: ROUNDS - 1, retrying: false, journal }
    }

    /// Draws the call's consequences from an attempt that didn't serve it.
    pub(crate) fn take_in(&mut self, host: HostId, name: &str, outcome: &Outcome) -> Result<(), End> {
        if let Some(fault) = outcome.fault() {
            tracing::debug!(host = name, code = fault.code, reason = fault.message, "attempt failed");
            self.journal.note(name, fault.clone());
        }
        self.retrying = matches!(outcome, Outcome::Failed(Fault { status: Some(_), .. }));
        match outcome {
            Outcome::BadInput(_) => return Err(End::Refused),
            Outcome::Abandoned | Outcome::Served => return Err(End::TimedOut),
            Outcome::ModelMissing(_) | Outcome::WrongServer(_) | Outcome::Unauthorized(_) => {
                self.tried.bar(host);
            }
            Outcome::ModelLoading { pause, .. } | Outcome::Overloaded { pause, .. } => {
                self.tried.not_before(host, Instant::now() + SHORTEST_PAUSE.max(*pause));
            }
            Outcome::Failed(_) => self.tried.failed(host),
        }
        Ok(())
    }

    /// Begins the next round, if there is one: hosts that failed may be asked again.
    pub(crate) fn next_round(&mut self) -> bool {
        let more = self.rounds_left > 0 && self.tried.forgive();
        self.rounds_left -= usize::from(more);
        self.retrying |= more;
        more
    }
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
