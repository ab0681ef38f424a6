//! One host is asked for one slice.

use std::time::SystemTime;

use tokio::time::Instant;

use crate::deadline::Deadline;
use crate::dispatch::Dispatcher;
use crate::host_client::Question;
use crate::host_id::HostId;
use crate::identity::Identity;
use crate::lease::Lease;
use crate::lot::Lot;
use crate::outcome::{Fault, Outcome};
use crate::tried::Tried;
use crate::work::Work;

/// How an attempt ended.
pub(crate) struct Ended<A> {
    pub(crate) host: HostId,
    pub(crate) slice: Lot,
    pub(crate) result: Result<(A, Identity), Outcome>,
}

/// What is asked, of whom, until when. Dropping the run closes the connection.
pub(crate) struct Attempt<'a, W> {
    pub(crate) dispatcher: &'a Dispatcher,
    pub(crate) work: &'a W,
    pub(crate) question: Question,
    pub(crate) deadline: Deadline,
    pub(crate) slice: Lot,
    /// What the slice may yet try, as of the beginning.
    pub(crate) tried: Tried,
}

impl<W: Work> Attempt<'_, W> {
    /// Asks the host, and tells the pool how it went.
    pub(crate) async fn run(self, lease: Lease) -> Ended<W::Answer> {
        let host = lease.host();
        let result = self.ask(lease).await;
        Ended { host, slice: self.slice, result }
    }

    async fn ask(&self, lease: Lease) -> Result<(W::Answer, Identity), Outcome> {
        let result = tokio::select! {
            biased;
            result = self.exchange(lease.host()) => result,
            fault = self.dispatcher.vigil.watch(&lease, &self.tried) => Err(Outcome::Failed(fault)),
        };
        match &result {
            Ok((answer, identity)) => {
                lease.served(W::counted(answer), identity.clone(), Instant::now());
            }
            Err(outcome) => lease.finish(outcome, Instant::now()),
        }
        result
    }

    async fn exchange(&self, host: HostId) -> Result<(W::Answer, Identity), Outcome> {
        let asked = self.dispatcher.client.ask(host, &self.question, self.deadline).await;
        let reply = asked.map_err(|error| Outcome::of_transport(&error))?;
        if !(200..300).contains(&reply.status) {
            let refusal = Outcome::of_refusal(&reply, SystemTime::now());
            return Err(refusal.in_slice(self.slice.items.start));
        }
        let answer = self.work.read(&self.slice.items, &reply).map_err(|reason| {
            Outcome::Failed(Fault::bad_response(reply.status, format!("the answer is no good: {reason}")))
        })?;
        let identity = W::identity(&answer, &reply);
        Ok((answer, identity))
    }
}
