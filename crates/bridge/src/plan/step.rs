//! What is done about one lot: a host gets a slice of it, or it rests, or the call can't be served.

use std::time::Duration;

use tokio::time::Instant;

use super::Plan;
use crate::end::End;
use crate::fault::Fault;
use crate::host_id::Named;
use crate::host_limits::Room;
use crate::lot::Lot;
use crate::pick::Pick;
use crate::supply::{Offer, Supply};

/// Mean pause before a second round.
const BETWEEN_ROUNDS: Duration = Duration::from_millis(100);
/// Callers that wait for the same host come back spread over this long.
const SPREAD: Duration = Duration::from_millis(50);
/// How long a call waits for hosts before it asks whether one is back already: one that stops may be started again.
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);
/// How long a slice waits for the retry budget before it asks again.
pub(super) const UNPAID: Duration = Duration::from_millis(250);

/// What was done about a lot.
pub(super) enum Step<O> {
    Sent(O, Lot),
    /// Something was learnt; look again.
    Again,
    /// Nothing can be done until an attempt ends or this instant comes.
    Rest(Option<Instant>),
}

impl Plan<'_> {
    pub(super) fn step<S: Supply>(
        &mut self,
        at: usize,
        supply: &S,
        now: Instant,
    ) -> Result<Step<S::Offer>, End> {
        let lot = &mut self.lots[at];
        if let Some(until) = lot.resting(now) {
            return Ok(Step::Rest(Some(until)));
        }
        let tried = self.consensus.narrow(&lot.tried);
        let held = self.spreads.then_some(&self.held);
        match supply.pick(&tried, self.batch.tokens(&lot.items), held, now) {
            Pick::Lease(offer) => self.give(at, offer, supply, now),
            Pick::Busy => Ok(Step::Rest(None)),
            _ if self.consensus.widen() => Ok(Step::Again),
            _ if lot.next_round() => {
                let pause = BETWEEN_ROUNDS.mul_f64(0.5 + supply.jitter());
                Ok(self.rest(at, now + pause))
            }
            Pick::Wait(until) => self.wait(at, until, supply, now),
            Pick::Exhausted => Err(End::Exhausted),
        }
    }

    fn rest<O>(&mut self, at: usize, until: Instant) -> Step<O> {
        self.lots[at].not_before = Some(until);
        Step::Rest(Some(until))
    }

    /// Waits for the first host to return, if that is worth while.
    fn wait<S: Supply>(
        &mut self,
        at: usize,
        until: Instant,
        supply: &S,
        now: Instant,
    ) -> Result<Step<S::Offer>, End> {
        let until = until + SPREAD.mul_f64(supply.jitter());
        if until >= self.deadline {
            return Err(End::Overloaded(until));
        }
        supply.waits(until - now);
        Ok(self.rest(at, until.min(now + BETWEEN_LOOKS)))
    }

    /// Cuts a slice for the host, if that can be done and paid.
    fn give<S: Supply>(
        &mut self,
        at: usize,
        offer: S::Offer,
        supply: &S,
        now: Instant,
    ) -> Result<Step<S::Offer>, End> {
        let ((tokens, room), lot) = (offer.grant(), &mut self.lots[at]);
        match self.batch.cut_within(&lot.items, tokens, room.with_entries(lot.most)) {
            None => Ok(self.cannot_cut(at, offer.host(), room)),
            Some(end) if end < lot.items.end && !self.spreads => {
                self.spread(supply, now);
                Ok(Step::Again)
            }
            Some(end) if lot.pay(|| supply.pay(self.spreads)) => Ok(self.send(at, end, offer)),
            Some(_) if self.spreads => Ok(self.rest(at, now + UNPAID)),
            Some(_) => Err(End::BudgetSpent),
        }
    }

    fn send<O: Offer>(&mut self, at: usize, end: usize, offer: O) -> Step<O> {
        let mut slice = self.lots[at].cut(end);
        if self.lots[at].items.is_empty() {
            self.lots.remove(at);
        }
        slice.asked += 1;
        let (host, name) = offer.host();
        self.held.give(host);
        self.journal.begin(name);
        Step::Sent(offer, slice)
    }

    fn cannot_cut<O>(&mut self, at: usize, (host, name): Named<'_>, room: Room) -> Step<O> {
        let message = format!("takes {} entries a request, and no part of this one is as small", room.most);
        self.lots[at].tried.bar(host);
        self.journal.note(name, Fault::new("invalid_input", Some(413), message));
        Step::Again
    }
}
