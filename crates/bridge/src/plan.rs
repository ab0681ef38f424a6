//! What a call does next: a pure machine, driven by what happened and when.
//!
//! A small call goes to one host whole. A larger one, and one that no host takes whole, is a queue that hosts pull
//! slices from, each at its own speed; how much a host gets and which is next is said by [`spread`](crate::spread) and
//! [`slice_size`](crate::slice_size). A slice that fails goes back to the front of the queue with the hosts it has
//! tried, and isn't given to one of those again while another is left; after all have been tried, those that failed
//! get a second round, and those that asked for a pause are waited for. Where the retry budget is spent, a call that
//! went to one host fails, but one that is spread, which has more to lose, waits for it.
//!
//! It sends nothing and sees no answer; [`Scatter`](crate::scatter::Scatter) does. How attempts end is in
//! [`settlement`].

mod settlement;
mod step;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use tokio::time::Instant;

use crate::batch::Batch;
use crate::consensus::Consensus;
use crate::end::End;
use crate::held::Held;
use crate::journal::Journal;
use crate::lot::Lot;
use crate::supply::Supply;
use crate::tried::Tried;

pub(crate) use self::settlement::Report;
use self::step::Step;

/// See the module.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    batch: &'a Batch,
    journal: &'a mut Journal,
    consensus: Consensus,
    /// What no host has.
    lots: VecDeque<Lot>,
    /// The lot that is looked at next, and when one of those before it has rested.
    look: (usize, Instant),
    /// Slices that each host has.
    held: Held,
    /// Whether hosts pull slices; else the strategy finds a host for the whole.
    spreads: bool,
    /// Items that have been answered.
    done: usize,
    deadline: Instant,
}

/// What a call does next.
#[derive(Debug)]
pub(crate) enum Next<O> {
    /// It gives this host a slice.
    Send(O, Lot),
    /// It waits until an attempt ends, a host comes, or this instant.
    Rest(Instant),
    /// All items have been answered.
    Done,
}

impl<'a> Plan<'a> {
    /// The plan for a batch, of which `lot` is all.
    pub(crate) fn new(batch: &'a Batch, lot: Lot, deadline: Instant, journal: &'a mut Journal) -> Self {
        let (lots, held) = (VecDeque::from([lot]), Held::default());
        let consensus = Consensus::default();
        Self { batch, journal, consensus, lots, look: (0, deadline), held, spreads: false, done: 0, deadline }
    }

    /// From now on hosts pull slices, a few at a time each.
    pub(crate) fn spread(&mut self, supply: &impl Supply, now: Instant) {
        if !self.spreads {
            self.spreads = true;
            self.consensus = Consensus::new(&supply.identities(now));
        }
    }

    /// What to do now.
    ///
    /// # Errors
    /// When a slice can't be served.
    pub(crate) fn next<S: Supply>(&mut self, supply: &S, now: Instant) -> Result<Next<S::Offer>, End> {
        if self.done == self.batch.len() {
            return Ok(Next::Done);
        }
        if now >= self.deadline {
            return Err(End::TimedOut);
        }
        while self.look.0 < self.lots.len() {
            match self.step(self.look.0, supply, now)? {
                Step::Sent(offer, slice) => return Ok(Next::Send(offer, slice)),
                Step::Again => {}
                Step::Rest(until) => {
                    self.look = (self.look.0 + 1, until.unwrap_or(self.deadline).min(self.look.1));
                }
            }
        }
        Ok(Next::Rest(self.look_again().1))
    }

    /// Begins with the first lot again.
    fn look_again(&mut self) -> (usize, Instant) {
        std::mem::replace(&mut self.look, (0, self.deadline))
    }

    /// Whether hosts pull slices.
    pub(crate) fn is_spread(&self) -> bool {
        self.spreads
    }

    /// Items that have been answered, and all.
    pub(crate) fn progress(&self) -> (usize, usize) {
        (self.done, self.batch.len())
    }

    /// What a slice may yet try in this call.
    pub(crate) fn narrow(&self, slice: &Lot) -> Tried {
        self.consensus.narrow(&slice.tried)
    }
}
