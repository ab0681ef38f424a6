//! How attempts end, and what follows from it for the call.

use std::ops::Range;

use tokio::time::Instant;

use super::Plan;
use crate::end::End;
use crate::fault::Fault;
use crate::host_id::Named;
use crate::identity::Identity;
use crate::journal::MISMATCH;
use crate::lot::Lot;
use crate::outcome::Outcome;
use crate::supply::Supply;

/// How an attempt ended.
#[derive(Debug)]
pub(crate) struct Report<'r> {
    /// Who was asked first.
    pub(crate) first: Named<'r>,
    pub(crate) slice: Lot,
    /// Who decided, and how: as which model it answered, or why it didn't.
    pub(crate) host: Named<'r>,
    pub(crate) verdict: Result<&'r Identity, &'r Outcome>,
    /// The other of two that were asked, if it failed before.
    pub(crate) failed: Option<(Named<'r>, &'r Outcome)>,
}

impl Plan<'_> {
    /// Takes in how an attempt ended. What comes back are the items whose answer counts.
    ///
    /// # Errors
    /// When the call is over.
    pub(crate) fn settle(
        &mut self,
        report: Report<'_>,
        supply: &impl Supply,
        now: Instant,
    ) -> Result<Option<Range<usize>>, End> {
        let Report { first, mut slice, host, verdict, failed } = report;
        self.look_again();
        self.held.take(first.0);
        self.journal.end(first.1);
        if let Some((host, outcome)) = failed {
            self.note(host, outcome);
            slice.take_in(host.0, outcome, now);
        }
        match verdict {
            Ok(identity) => Ok(self.gather(host, slice, identity)),
            Err(outcome) => self.put_back(host, slice, outcome, (supply, now)).map(|()| None),
        }
    }

    fn gather(&mut self, host: Named<'_>, slice: Lot, identity: &Identity) -> Option<Range<usize>> {
        if let Err(mismatch) = self.consensus.admit(host, identity) {
            self.journal.note(host.1, Fault::new(MISMATCH, None, mismatch.describe(identity)));
            self.lots.push_front(slice);
            return None;
        }
        self.done += slice.items.len();
        Some(slice.items)
    }

    fn put_back(
        &mut self,
        host: Named<'_>,
        mut slice: Lot,
        outcome: &Outcome,
        (supply, now): (&impl Supply, Instant),
    ) -> Result<(), End> {
        if matches!(outcome, Outcome::TooLarge(_)) && self.halve(&mut slice) {
            supply.refused(host.0, self.batch.entries(&slice.items));
            self.spread(supply, now);
        } else {
            self.note(host, outcome);
            match outcome {
                Outcome::BadInput(_) => return Err(End::Refused),
                Outcome::Abandoned | Outcome::Served => return Err(End::TimedOut),
                _ => slice.take_in(host.0, outcome, now),
            }
        }
        self.lots.push_front(slice);
        Ok(())
    }

    fn note(&mut self, (_, name): Named<'_>, outcome: &Outcome) {
        if let Some(fault) = outcome.fault() {
            self.journal.note(name, fault.clone());
        }
    }

    /// Makes a slice that was too large smaller, if it can be cut.
    fn halve(&self, slice: &mut Lot) -> bool {
        let entries = self.batch.entries(&slice.items);
        let Some(end) = self.batch.cut(&slice.items, 0.0, entries - 1) else { return false };
        let least = self.batch.entries(&(slice.items.start..end));
        slice.most = least.max(entries / 2);
        true
    }
}
