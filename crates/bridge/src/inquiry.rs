//! Asks every host the same at once, so that a dead one costs the others nothing.

use std::sync::Arc;

use futures_util::future::join_all;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::deadline::Deadline;
use crate::engine::MODELS;
use crate::fault::Fault;
use crate::findings::Findings;
use crate::host::Host;
use crate::host_client::{HostClient, Question};
use crate::host_protocol::Protocol;
use crate::member::Member;
use crate::outcome::Outcome;
use crate::portrait::Portrait;
use crate::refusal;
use crate::trace::CallTrace;
use crate::transport::HostReply;

/// See the module.
pub(crate) struct Inquiry<'a> {
    pub(crate) client: &'a HostClient,
    /// The trace it belongs to.
    pub(crate) trace: CallTrace,
    /// When hosts must have answered.
    pub(crate) deadline: Deadline,
}

impl Inquiry<'_> {
    /// What each host answers.
    pub(crate) async fn ask_all<T: Portrait>(&self) -> Findings<T> {
        let ask = async |host: Arc<Member>| {
            let finding = self.ask(&host).await;
            (host, finding)
        };
        join_all(self.client.pool.members().into_iter().map(ask)).await
    }

    /// A host of another engine is asked for its models, and its answer is drawn from that.
    async fn ask<T: Portrait>(&self, host: &Member) -> Result<T, Fault> {
        match host.config.protocol {
            Protocol::GpuBridge => self.read(host, &self.send(host, T::PATH).await?),
            Protocol::OpenAi => self.draw(host, &self.send(host, MODELS).await?),
        }
    }

    async fn send(&self, host: &Member, path: &'static str) -> Result<HostReply, Fault> {
        let question = Question::get(path, self.trace.request_id()).within(self.trace.child());
        self.client.ask_until(host, &question, self.deadline, silent(path)).await
    }

    fn read<T: DeserializeOwned>(&self, host: &Member, reply: &HostReply) -> Result<T, Fault> {
        if (200..300).contains(&reply.status) {
            return serde_json::from_slice(&reply.body).map_err(|error| {
                Fault::bad_response(reply.status, format!("the answer is no good: {error}"))
            });
        }
        Err(self.refusal(host, reply, &refusal::outcome(reply)))
    }

    fn draw<T: Portrait>(&self, host: &Member, reply: &HostReply) -> Result<T, Fault> {
        let models = host.engine.on_models(reply).map_err(|outcome| self.refusal(host, reply, &outcome))?;
        let in_flight = self.client.pool.update(host.id, |host: &mut Host, _| host.traffic.in_flight);
        Ok(T::draw(models.unwrap_or_default(), in_flight.unwrap_or_default() as usize))
    }

    /// Why there is no answer. The pool is told where it is the key.
    fn refusal(&self, host: &Member, reply: &HostReply, outcome: &Outcome) -> Fault {
        if let Outcome::Unauthorized(_) = outcome {
            self.client.pool.observe(host.id, outcome, Instant::now());
        }
        let nothing = || Fault::bad_response(reply.status, "gave no answer");
        outcome.fault().cloned().unwrap_or_else(nothing)
    }
}

/// A host that hasn't answered in time.
pub(crate) fn silent(path: &str) -> Fault {
    Fault::new("timeout", None, format!("did not answer {path} in time"))
}
