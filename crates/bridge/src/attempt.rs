//! One host is asked for one slice, and a second one where the first is late.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::time::Instant;
use tracing::Instrument;
use tracing::field::Empty;

use crate::attempt_log::Subject;
use crate::deadline::Deadline;
use crate::dispatcher::Dispatcher;
use crate::exchange::Exchange;
use crate::identity::Identity;
use crate::lease::Lease;
use crate::lot::Lot;
use crate::member::Member;
use crate::outcome::Outcome;
use crate::racer::Racer;
use crate::reason::Reason;
use crate::trace::Span;
use crate::tried::Tried;
use crate::work::Work;

/// What a host made of a slice.
type Result<A> = std::result::Result<(A, Identity), Outcome>;

/// How an attempt ended.
pub(crate) struct Ended<A> {
    /// Who was asked first.
    pub(crate) first: Arc<Member>,
    pub(crate) slice: Lot,
    /// Who decided, and how.
    pub(crate) host: Arc<Member>,
    pub(crate) result: Result<A>,
    /// The other of two that were asked, if it failed before.
    pub(crate) failed: Option<(Arc<Member>, Outcome)>,
}

/// What is asked, of whom, until when. Dropping the run closes the connection.
pub(crate) struct Attempt<'a, W> {
    pub(crate) dispatcher: &'a Dispatcher,
    pub(crate) work: &'a W,
    pub(crate) subject: Subject<'a>,
    pub(crate) deadline: Deadline,
    pub(crate) slice: Lot,
    /// What the slice may yet try, as of the beginning.
    pub(crate) tried: Tried,
    /// Whether a host has had the last word.
    pub(crate) decided: AtomicBool,
}

impl<W: Work> Attempt<'_, W> {
    /// Asks the host and, where that takes it unusually long, another one as well. The first answer wins.
    pub(crate) async fn run(self, lease: Lease) -> Ended<W::Answer> {
        let first = lease.member();
        let (host, result, failed) = self.race(lease).await;
        Ended { first, slice: self.slice, host, result, failed }
    }

    async fn race(&self, lease: Lease) -> (Arc<Member>, Result<W::Answer>, Option<(Arc<Member>, Outcome)>) {
        let (dispatcher, sent) = (self.dispatcher, lease.sent());
        let entries = self.work.batch().entries(&self.slice.items);
        let due = dispatcher.hedging.due(&dispatcher.client.pool, &sent, &self.tried, entries);
        let (one, mut first) = (lease.member(), pin!(self.ask(lease.because(self.reason()))));
        let copy = tokio::select! {
            biased;
            result = &mut first => return (one, result, None),
            copy = due => copy,
        };
        self.subject.late(one.name(), sent.begun.elapsed(), copy.member().name());
        let (other, mut second) = (copy.member(), Box::pin(self.ask(copy.because(Reason::Hedge))));
        tokio::select! {
            biased;
            result = &mut first => match result {
                Err(outcome) if !outcome.is_final() => (other, second.await, Some((one, outcome))),
                result => (one, result, None),
            },
            result = &mut second => match result {
                Err(outcome) if !outcome.is_final() => (one, first.await, Some((other, outcome))),
                result => (other, result, None),
            },
        }
    }

    fn reason(&self) -> Reason {
        match self.slice.items.len() == self.work.batch().len() {
            _ if self.slice.asked > 1 => Reason::Retry,
            true => Reason::First,
            false => Reason::Slice,
        }
    }

    /// Asks one host, and tells the pool and the log how it went.
    async fn ask(&self, lease: Lease) -> Result<W::Answer> {
        let (host, number, span) = (lease.member(), self.slice.asked, self.subject.trace.child());
        let (name, why) = (host.name(), lease.reason().as_str());
        let seen = tracing::info_span!(
            "attempt",
            host = name,
            attempt = number,
            why,
            span_id = span.id(),
            outcome = Empty
        );
        let result = self.watched(lease, &host, span).instrument(seen.clone()).await;
        let outcome = result.as_ref().err().unwrap_or(&Outcome::Served);
        seen.record("outcome", outcome.as_str());
        seen.in_scope(|| self.subject.failed(name, number, outcome));
        result
    }

    async fn watched(&self, lease: Lease, host: &Member, span: Span) -> Result<W::Answer> {
        let (sent, is_probe) = (lease.sent(), lease.is_probe());
        let (vigil, racer) = (&self.dispatcher.vigil, Racer::new(lease, &self.decided));
        let result = tokio::select! {
            biased;
            result = self.exchange(host, span) => result,
            fault = vigil.watch(host, &sent, is_probe, &self.tried) => Err(Outcome::Failed(fault)),
        };
        let now = Instant::now();
        racer.end(|lease| match &result {
            Ok((answer, identity)) => lease.served(W::counted(answer), identity.clone(), now),
            Err(outcome) => lease.finish(outcome, now),
        });
        if result.as_ref().map_or_else(Outcome::is_final, |_| true) {
            self.decided.store(true, Ordering::Relaxed);
        }
        result
    }

    async fn exchange(&self, host: &Member, span: Span) -> Result<W::Answer> {
        let exchange = Exchange {
            client: &self.dispatcher.client,
            work: self.work,
            items: &self.slice.items,
            host,
            deadline: self.deadline,
            request_id: self.subject.trace.request_id(),
            span,
        };
        exchange.run().await
    }
}
