//! Carries out the [`Plan`] of a call: has the slices sent, waits for what happens, and gathers the answers in order.

use std::sync::atomic::AtomicBool;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, sleep_until};

use crate::attempt::{Attempt, Ended};
use crate::attempt_log::Subject;
use crate::call_progress::{CallProgress, OnProgress};
use crate::deadline::Deadline;
use crate::dispatcher::Dispatcher;
use crate::end::End;
use crate::journal::Journal;
use crate::last_look::LastLook;
use crate::lease::Lease;
use crate::lot::Lot;
use crate::market::Market;
use crate::plan::{Next, Plan, Report};
use crate::terms::Terms;
use crate::work::Work;

type Running<'a, A> = FuturesUnordered<BoxFuture<'a, Ended<A>>>;

/// See the module.
pub(crate) struct Scatter<'a, W: Work> {
    market: Market<'a>,
    work: &'a W,
    plan: Plan<'a>,
    deadline: Deadline,
    on_progress: Option<&'a OnProgress>,
    whole: Option<W::Answer>,
}

impl<'a, W: Work> Scatter<'a, W> {
    pub(crate) fn new(
        dispatcher: &'a Dispatcher,
        work: &'a W,
        terms: &'a Terms<'a>,
        journal: &'a mut Journal,
    ) -> Self {
        let (batch, deadline) = (work.batch(), terms.deadline);
        let subject = Subject { route: W::PATH, trace: &terms.trace };
        let market = Market { dispatcher, kind: work.kind(), subject };
        let mut lot = Lot::new(batch.len());
        lot.tried.native_only(work.native_only().is_some());
        let now = Instant::now();
        let spreads = market.spreads(&lot.tried, batch, now);
        let mut plan = Plan::new(batch, lot, deadline.instant(), journal);
        if spreads {
            plan.spread(&market, now);
        }
        Self { market, work, plan, deadline, on_progress: terms.on_progress, whole: None }
    }

    /// Has all items done.
    ///
    /// # Errors
    /// When a slice can't be served.
    pub(crate) async fn run(mut self) -> Result<W::Answer, End> {
        let (mut running, mut hosts) = (Running::new(), self.market.pool().changes());
        let mut last_look = LastLook::new(&self.market.dispatcher.discovery, self.deadline);
        loop {
            let next = self.plan.next(&self.market, Instant::now());
            if next.is_ok() {
                last_look.stop();
            }
            let wake = match next {
                Ok(Next::Send(lease, slice)) => {
                    running.push(self.attempt(lease, slice));
                    continue;
                }
                Ok(Next::Rest(until)) => until,
                Ok(Next::Done) => return self.whole.ok_or(End::Exhausted),
                Err(end) => last_look.begin(end).map(|()| self.deadline.instant())?,
            };
            tokio::select! {
                biased;
                Some(ended) = running.next() => self.take(ended)?,
                _ = hosts.changed() => {}
                end = last_look.over() => return Err(end),
                () = sleep_until(wake), if wake < self.deadline.instant() => {}
            }
        }
    }

    fn attempt(&self, mut lease: Lease, slice: Lot) -> BoxFuture<'a, Ended<W::Answer>> {
        if slice.asked == 1 {
            self.market.budget(self.plan.is_spread()).deposit();
        }
        let (dispatcher, subject) = (self.market.dispatcher, self.market.subject);
        dispatcher.hedging.deposit();
        lease.carry(self.work.batch().tokens(&slice.items));
        let tried = self.plan.narrow(&slice);
        let (work, deadline) = (self.work, self.deadline);
        Box::pin(
            Attempt { dispatcher, work, subject, deadline, slice, tried, decided: AtomicBool::new(false) }
                .run(lease),
        )
    }

    /// Takes in how an attempt ended.
    fn take(&mut self, ended: Ended<W::Answer>) -> Result<(), End> {
        let Ended { first, slice, host, result, failed } = ended;
        let report = Report {
            first: first.named(),
            slice,
            host: host.named(),
            verdict: result.as_ref().map(|(_, identity)| identity),
            failed: failed.as_ref().map(|(other, outcome)| (other.named(), outcome)),
        };
        let items = self.plan.settle(report, &self.market, Instant::now())?;
        if let (Some(items), Ok((answer, _))) = (items, result) {
            self.work.place(&mut self.whole, &items, answer);
            self.tell(host.name());
        }
        Ok(())
    }

    fn tell(&self, host: &str) {
        let (done, total) = self.plan.progress();
        if let Some(on_progress) = self.on_progress {
            on_progress.tell(CallProgress { done, total, host });
        }
    }
}
