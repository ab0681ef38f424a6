//! Gives the items of a call to hosts and gathers their answers in order.
//!
//! A small call goes to one host whole. A larger one is a queue that hosts pull slices from, each at its own speed;
//! how much a host gets and which is next is said by [`spread`](crate::spread) and
//! [`slice_size`](crate::slice_size). A slice that fails goes back to the front of the queue with the hosts it has
//! tried, and isn't given to one of those again while another is left; after all have been tried, those that failed
//! get a second round, and those that asked for a pause are waited for. Where the retry budget is spent, a small call
//! fails, but a large one, which has more to lose, waits for it.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, sleep_until};

use crate::attempt::{Attempt, Ended};
use crate::attempt_log::Subject;
use crate::budget::RetryBudget;
use crate::call_progress::{CallProgress, OnProgress};
use crate::consensus::Consensus;
use crate::deadline::Deadline;
use crate::demand::Demand;
use crate::dispatcher::{Dispatcher, Stop};
use crate::end::End;
use crate::held::Held;
use crate::identity::Identity;
use crate::journal::{Journal, MISMATCH};
use crate::lease::Lease;
use crate::lot::Lot;
use crate::member::Member;
use crate::outcome::{Fault, Outcome};
use crate::pool::{Pick, Pool};
use crate::work::Work;

/// Mean pause before a second round.
const BETWEEN_ROUNDS: Duration = Duration::from_millis(100);
/// Callers that wait for the same host come back spread over this long.
const SPREAD: Duration = Duration::from_millis(50);

/// How long a slice of a large call waits for the retry budget before it asks again.
const UNPAID: Duration = Duration::from_millis(250);

type Running<'a, A> = FuturesUnordered<BoxFuture<'a, Ended<A>>>;

/// See the module.
pub(crate) struct Scatter<'a, W: Work> {
    dispatcher: &'a Dispatcher,
    work: &'a W,
    deadline: Deadline,
    on_progress: Option<&'a OnProgress>,
    journal: &'a mut Journal,
    subject: Subject<'a>,
    /// What no host has.
    lots: VecDeque<Lot>,
    /// Slices that each host has.
    held: Held,
    /// Whether hosts pull slices; else the strategy finds a host for the whole.
    spreads: bool,
    consensus: Consensus,
    done: usize,
    whole: Option<W::Answer>,
}

/// What was done about a lot.
enum Step<'a, A> {
    /// A slice of it is on its way.
    Sent(BoxFuture<'a, Ended<A>>),
    /// Something was learnt; look again.
    Again,
    /// Nothing can be done until a slice ends or this instant comes.
    Rest(Option<Instant>),
}

impl<'a, W: Work> Scatter<'a, W> {
    pub(crate) fn new(
        dispatcher: &'a Dispatcher,
        work: &'a W,
        stop: &Stop<'a>,
        journal: &'a mut Journal,
    ) -> Self {
        let (pool, now) = (&dispatcher.client.pool, Instant::now());
        let mut lot = Lot::new(work.batch().len());
        lot.tried.native_only(work.native_only().is_some());
        let demand = Demand { kind: work.kind().clone(), tokens: work.batch().tokens(&lot.items) };
        let mut scatter = Self {
            dispatcher,
            work,
            deadline: stop.deadline,
            on_progress: stop.on_progress,
            journal,
            subject: Subject { route: W::PATH, trace: stop.trace },
            lots: VecDeque::from([lot]),
            held: Held::default(),
            spreads: false,
            consensus: Consensus::default(),
            done: 0,
            whole: None,
        };
        if pool.spreads(&demand, work.batch().entries(&(0..work.batch().len())), now) {
            scatter.spread(now);
        }
        scatter
    }

    /// From now on hosts pull slices, a few at a time each.
    fn spread(&mut self, now: Instant) {
        self.spreads = true;
        self.consensus = Consensus::new(&self.pool().identities(self.work.kind(), now));
    }

    /// Has all items done.
    ///
    /// # Errors
    /// When a slice can't be served.
    pub(crate) async fn run(mut self) -> Result<W::Answer, End> {
        let (mut running, mut hosts) = (Running::new(), self.pool().changes());
        while self.done < self.work.batch().len() {
            let wake = self.fill(&mut running)?;
            tokio::select! {
                biased;
                Some(ended) = running.next() => self.take(ended)?,
                _ = hosts.changed() => {}
                () = sleep_until(wake) => {}
            }
        }
        self.whole.ok_or(End::Exhausted)
    }

    /// Gives out what can be given out now. The answer is when to look again, unless a slice ends before.
    fn fill(&mut self, running: &mut Running<'a, W::Answer>) -> Result<Instant, End> {
        let (mut at, mut wake) = (0, self.deadline.instant());
        while at < self.lots.len() {
            match self.step(at)? {
                Step::Sent(attempt) => running.push(attempt),
                Step::Again => {}
                Step::Rest(until) => {
                    wake = until.map_or(wake, |until| wake.min(until));
                    at += 1;
                }
            }
        }
        Ok(wake)
    }

    fn step(&mut self, at: usize) -> Result<Step<'a, W::Answer>, End> {
        let now = Instant::now();
        let lot = &mut self.lots[at];
        if let Some(until) = lot.resting(now) {
            return Ok(Step::Rest(Some(until)));
        }
        let tokens = self.work.batch().tokens(&lot.items);
        let demand = Demand { kind: self.work.kind().clone(), tokens };
        let (tried, held) = (self.consensus.narrow(&lot.tried), self.spreads.then_some(&self.held));
        match self.dispatcher.client.pool.pick(&tried, &demand, held, now) {
            Pick::Lease(lease) => self.give(at, lease, now),
            Pick::Busy => Ok(Step::Rest(None)),
            _ if self.consensus.widen() => Ok(Step::Again),
            _ if lot.next_round() => {
                let pause = BETWEEN_ROUNDS.mul_f64(0.5 + self.pool().jitter());
                Ok(self.rest(at, now + pause))
            }
            Pick::Wait(until) => self.wait(at, until, now),
            Pick::Exhausted => Err(End::Exhausted),
        }
    }

    fn rest(&mut self, at: usize, until: Instant) -> Step<'a, W::Answer> {
        self.lots[at].not_before = Some(until);
        Step::Rest(Some(until))
    }

    /// Waits for the first host to return, if that is worth while.
    fn wait(&mut self, at: usize, until: Instant, now: Instant) -> Result<Step<'a, W::Answer>, End> {
        let until = until + SPREAD.mul_f64(self.pool().jitter());
        if until >= self.deadline.instant() {
            return Err(End::Overloaded(until - now));
        }
        self.subject.waits(until - now);
        Ok(self.rest(at, until))
    }

    /// Cuts a slice for the host and asks it, if that can be done and paid.
    fn give(&mut self, at: usize, lease: Lease, now: Instant) -> Result<Step<'a, W::Answer>, End> {
        let ((tokens, room), budget, lot) = (lease.grant(), self.budget(), &mut self.lots[at]);
        match self.work.batch().cut_within(&lot.items, tokens, room.with_entries(lot.most)) {
            None => Ok(self.cannot_cut(at, &lease.member(), room.most)),
            Some(end) if end < lot.items.end && !self.spreads => {
                self.spread(now);
                Ok(Step::Again)
            }
            Some(end) if lot.pay(|| budget.withdraw()) => Ok(self.send(at, end, lease)),
            Some(_) if self.spreads => Ok(self.rest(at, now + UNPAID)),
            Some(_) => Err(End::BudgetSpent),
        }
    }

    fn send(&mut self, at: usize, end: usize, mut lease: Lease) -> Step<'a, W::Answer> {
        let (host, slice) = (lease.member(), self.lots[at].cut(end));
        if self.lots[at].items.is_empty() {
            self.lots.remove(at);
        }
        lease.carry(self.work.batch().tokens(&slice.items));
        self.held.give(host.id);
        self.journal.begin(host.name());
        Step::Sent(Box::pin(self.attempt(slice).run(lease)))
    }

    fn cannot_cut(&mut self, at: usize, host: &Member, most: usize) -> Step<'a, W::Answer> {
        let message = format!("takes {most} entries a request, and no part of this one is as small");
        self.lots[at].tried.bar(host.id);
        self.journal.note(host.name(), Fault::new("invalid_input", Some(413), message));
        Step::Again
    }

    fn attempt(&self, mut slice: Lot) -> Attempt<'a, W> {
        slice.asked += 1;
        if slice.asked == 1 {
            self.budget().deposit();
        }
        self.dispatcher.hedging.deposit();
        let tried = self.consensus.narrow(&slice.tried);
        let (dispatcher, work, deadline) = (self.dispatcher, self.work, self.deadline);
        Attempt { dispatcher, work, subject: self.subject, deadline, slice, tried }
    }

    /// Takes in how an attempt ended.
    fn take(&mut self, ended: Ended<W::Answer>) -> Result<(), End> {
        let Ended { first, mut slice, host, result, failed } = ended;
        self.held.take(first.id);
        self.journal.end(first.name());
        if let Some((host, outcome)) = failed {
            self.note(&host, &outcome);
            slice.take_in(host.id, &outcome, Instant::now());
        }
        match result {
            Ok((answer, identity)) => self.gather(&host, slice, answer, &identity),
            Err(outcome) => return self.put_back(&host, slice, &outcome),
        }
        Ok(())
    }

    fn gather(&mut self, host: &Member, slice: Lot, answer: W::Answer, identity: &Identity) {
        if let Err(mismatch) = self.consensus.admit((host.id, host.name()), identity) {
            let message = mismatch.describe(identity);
            self.journal.note(host.name(), Fault::new(MISMATCH, None, message));
            self.lots.push_front(slice);
            return;
        }
        self.work.place(&mut self.whole, &slice.items, answer);
        self.done += slice.items.len();
        if let Some(on_progress) = self.on_progress {
            on_progress.tell(CallProgress {
                done: self.done,
                total: self.work.batch().len(),
                host: host.name(),
            });
        }
    }

    fn put_back(&mut self, host: &Member, mut slice: Lot, outcome: &Outcome) -> Result<(), End> {
        if matches!(outcome, Outcome::TooLarge(_)) && self.halve(host, &mut slice) {
            if !self.spreads {
                self.spread(Instant::now());
            }
            self.lots.push_front(slice);
            return Ok(());
        }
        self.note(host, outcome);
        match outcome {
            Outcome::BadInput(_) => return Err(End::Refused),
            Outcome::Abandoned | Outcome::Served => return Err(End::TimedOut),
            _ => slice.take_in(host.id, outcome, Instant::now()),
        }
        self.lots.push_front(slice);
        Ok(())
    }

    fn note(&mut self, host: &Member, outcome: &Outcome) {
        if let Some(fault) = outcome.fault() {
            self.journal.note(host.name(), fault.clone());
        }
    }

    /// Makes a slice that was too large smaller, if it can be cut.
    fn halve(&self, host: &Member, slice: &mut Lot) -> bool {
        let entries = self.work.batch().entries(&slice.items);
        let Some(end) = self.work.batch().cut(&slice.items, 0.0, entries - 1) else { return false };
        let least = self.work.batch().entries(&(slice.items.start..end));
        slice.most = least.max(entries / 2);
        self.pool().update(host.id, |host, _| host.limits.on_refused(entries));
        true
    }

    /// Slices have their own, so that a large call in a storm leaves small ones theirs.
    fn budget(&self) -> &'a RetryBudget {
        if self.spreads { &self.dispatcher.slice_budget } else { &self.dispatcher.budget }
    }

    fn pool(&self) -> &'a Pool {
        &self.dispatcher.client.pool
    }
}
