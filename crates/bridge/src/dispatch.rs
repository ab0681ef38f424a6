//! One call: ask a host, and another where that fails, until one has served it or none can.
//!
//! All attempts share one deadline. A host that was asked isn't asked again while another one is left; after
//! all have been, those that failed get a second round, and those that asked for a pause are waited for. The
//! caller's going away, the deadline and the bridge's closing drop the attempt in flight, which closes its
//! connection.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::budget::RetryBudget;
use crate::deadline::Deadline;
use crate::error::{Code, Error};
use crate::host_client::{HostClient, Question};
use crate::host_id::HostId;
use crate::journal::Journal;
use crate::lease::Lease;
use crate::outcome::{Fault, Outcome};
use crate::pool::{Pick, Pool};
use crate::progress::{End, Progress};
use crate::transport::HostReply;
use crate::vigil::Vigil;
use crate::work::Work;

/// Mean pause before a second round.
const BETWEEN_ROUNDS: Duration = Duration::from_millis(100);
/// Callers that wait for the same host come back spread over this long.
const SPREAD: Duration = Duration::from_millis(50);

/// What ends a call from outside.
#[derive(Debug)]
pub(crate) struct Stop<'a> {
    pub(crate) deadline: Deadline,
    pub(crate) cancel: &'a CancellationToken,
    pub(crate) closed: &'a CancellationToken,
}

/// See the module.
pub(crate) struct Dispatcher {
    pub(crate) client: HostClient,
    pub(crate) budget: RetryBudget,
    pub(crate) vigil: Vigil,
}

/// What doesn't change from attempt to attempt.
struct Call<'a, W> {
    work: &'a W,
    question: Question,
    deadline: Deadline,
}

impl Dispatcher {
    /// Has the work done.
    ///
    /// # Errors
    /// When no host could, or the call was stopped.
    pub(crate) async fn call<W: Work>(&self, work: &W, stop: Stop<'_>) -> Result<W::Answer, Error> {
        self.budget.deposit();
        let mut journal = Journal::new(W::PATH, Instant::now());
        let ended = {
            let run = timeout_at(stop.deadline.instant(), self.run(work, stop.deadline, &mut journal));
            tokio::select! {
                biased;
                () = stop.closed.cancelled() => Err(Code::Closed),
                () = stop.cancel.cancelled() => Err(Code::Aborted),
                ended = run => Ok(ended.unwrap_or(Err(End::TimedOut))),
            }
        };
        match ended {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(end)) => Err(end.into_error(journal)),
            Err(Code::Closed) => Err(journal.stopped(Code::Closed, "The bridge was closed during the call.")),
            Err(code) => Err(journal.stopped(code, "The call was aborted by its caller.")),
        }
    }

    async fn run<W: Work>(
        &self,
        work: &W,
        deadline: Deadline,
        journal: &mut Journal,
    ) -> Result<W::Answer, End> {
        let pool = self.pool();
        let question = Question {
            path: W::PATH,
            body: Some(work.body()),
            accept: W::ACCEPT,
            request_id: pool.request_id(),
        };
        let call = Call { work, question, deadline };
        let mut progress = Progress::new(pool.len(), journal);
        loop {
            match pool.pick(&progress.tried, work.demand(), Instant::now()) {
                Pick::Lease(_) if progress.retrying && !self.budget.withdraw() => {
                    return Err(End::BudgetSpent);
                }
                Pick::Lease(lease) => {
                    if let Some(answer) = self.attempt(&call, lease, &mut progress).await? {
                        return Ok(answer);
                    }
                }
                _ if progress.next_round() => sleep(BETWEEN_ROUNDS.mul_f64(0.5 + pool.jitter())).await,
                Pick::Wait(until) => self.wait(until, deadline).await?,
                Pick::Exhausted => return Err(End::Exhausted),
            }
        }
    }

    /// Waits for the first host to return, if that is worth while.
    async fn wait(&self, until: Instant, deadline: Deadline) -> Result<(), End> {
        let until = until + SPREAD.mul_f64(self.pool().jitter());
        if until >= deadline.instant() {
            return Err(End::Overloaded(until - Instant::now()));
        }
        tracing::debug!("every host is busy; waiting for the first to return");
        sleep_until(until).await;
        Ok(())
    }

    /// Asks one host. `None` means that another should be asked.
    async fn attempt<W: Work>(
        &self,
        call: &Call<'_, W>,
        lease: Lease,
        progress: &mut Progress<'_>,
    ) -> Result<Option<W::Answer>, End> {
        let host = lease.host();
        let name = self.pool().name(host);
        progress.journal.begin(name);
        let result = tokio::select! {
            biased;
            result = self.exchange(call, host) => result,
            fault = self.vigil.watch(&lease, &progress.tried) => Err(Outcome::Failed(fault)),
        };
        match result {
            Ok(answer) => {
                lease.served(W::counted(&answer), Instant::now());
                Ok(Some(answer))
            }
            Err(outcome) => {
                lease.finish(&outcome, Instant::now());
                progress.take_in(host, name, &outcome).map(|()| None)
            }
        }
    }

    async fn exchange<W: Work>(&self, call: &Call<'_, W>, host: HostId) -> Result<W::Answer, Outcome> {
        match self.client.ask(host, &call.question, call.deadline).await {
            Err(error) => Err(Outcome::of_transport(&error)),
            Ok(reply @ HostReply { status: 200..=299, .. }) => call.work.read(&reply).map_err(|reason| {
                Outcome::Failed(Fault::bad_response(reply.status, format!("the answer is no good: {reason}")))
            }),
            Ok(reply) => Err(Outcome::of_refusal(&reply, SystemTime::now())),
        }
    }

    fn pool(&self) -> &Arc<Pool> {
        &self.client.pool
    }
}
