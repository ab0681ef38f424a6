//! What is said to one host about one slice, in the host's dialect, and what it answers.

use std::ops::Range;

use crate::deadline::Deadline;
use crate::dialect::{Dialect, Manner};
use crate::engine::{MODELS, only_model};
use crate::fault::Fault;
use crate::host_client::{HostClient, Question};
use crate::identity::Identity;
use crate::member::Member;
use crate::outcome::Outcome;
use crate::trace::Span;
use crate::transport::{HostReply, TransportError};
use crate::work::Work;

/// See the module. Dropping the run closes the connection.
pub(crate) struct Exchange<'a, W> {
    pub(crate) client: &'a HostClient,
    pub(crate) work: &'a W,
    pub(crate) items: &'a Range<usize>,
    pub(crate) host: &'a Member,
    pub(crate) deadline: Deadline,
    pub(crate) request_id: u64,
    pub(crate) span: Span,
}

impl<W: Work> Exchange<'_, W> {
    /// Asks the host; a second time where it only didn't like the encoding.
    ///
    /// # Errors
    /// What became of the attempt, where the slice wasn't served.
    pub(crate) async fn run(&self) -> Result<(W::Answer, Identity), Outcome> {
        let nothing = || Fault::new("route_not_found", None, "this work can't be put in the host's protocol");
        let dialect = self.work.dialect(self.host.config.protocol);
        let dialect = dialect.ok_or_else(|| Outcome::WrongServer(nothing()))?;
        let model = if dialect.wants_model() { self.only_model().await? } else { None };
        match self.ask(&*dialect, model.as_deref()).await {
            Err(outcome) if self.host.engine.is_news(&outcome) => self.ask(&*dialect, model.as_deref()).await,
            Err(Outcome::ModelMissing(fault)) => {
                self.host.engine.forget_models();
                Err(Outcome::ModelMissing(fault))
            }
            result => result,
        }
    }

    async fn ask(
        &self,
        dialect: &dyn Dialect<W::Answer>,
        model: Option<&str>,
    ) -> Result<(W::Answer, Identity), Outcome> {
        let manner = Manner { model, plain: self.host.engine.is_plain() };
        let reply = self
            .send(Question {
                path: dialect.path(),
                body: Some(dialect.body(self.items, manner)),
                accept: dialect.accept(),
                request_id: self.request_id,
                span: Some(self.span.clone()),
            })
            .await?;
        if !(200..300).contains(&reply.status) {
            return Err(self.of_call(dialect.refused(self.items, &reply)));
        }
        dialect.read(self.items, &reply)
    }

    /// The outcome, as the caller is to read it.
    fn of_call(&self, outcome: Outcome) -> Outcome {
        match self.items.len() == self.work.batch().len() {
            true => outcome,
            false => outcome.in_slice(W::LIST, self.items),
        }
    }

    /// The host's only model, asked for once; `None` where it lists none.
    async fn only_model(&self) -> Result<Option<String>, Outcome> {
        if let Some(known) = self.host.engine.models() {
            return only_model(&known);
        }
        let reply = self.send(Question::get(MODELS, self.request_id)).await?;
        only_model(&self.host.engine.on_models(&reply)?.unwrap_or_default())
    }

    async fn send(&self, question: Question) -> Result<HostReply, Outcome> {
        let asked = self.client.ask(self.host, &question, self.deadline).await;
        asked.map_err(|error: TransportError| Outcome::of_transport(&error))
    }
}
