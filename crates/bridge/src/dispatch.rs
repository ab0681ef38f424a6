//! One call: have it done by the hosts, or be stopped.
//!
//! All attempts share one deadline. The caller's going away, the deadline and the bridge's closing drop the attempts
//! in flight, which closes their connections. What is sent where is [`Scatter`]'s business.

use std::pin::pin;

use tokio::time::{Instant, timeout_at};
use tracing::Instrument;
use tracing::field::Empty;

use crate::attempt_log::Subject;
use crate::dispatcher::Dispatcher;
use crate::end::End;
use crate::error::Error;
use crate::journal::Journal;
use crate::scatter::Scatter;
use crate::terms::Terms;
use crate::work::Work;

/// Has the work done.
///
/// # Errors
/// When no host could, or the call was stopped.
pub(crate) async fn dispatch<W: Work>(
    dispatcher: &Dispatcher,
    work: &W,
    terms: &Terms<'_>,
) -> Result<W::Answer, Error> {
    let (batch, trace) = (work.batch(), &terms.trace);
    let span = tracing::info_span!(
        "call",
        route = W::PATH,
        items = batch.len(),
        tokens = batch.tokens(&(0..batch.len())),
        request_id = format!("{:016x}", trace.request_id()),
        trace_id = trace.id(),
        outcome = Empty
    );
    let result = attend(dispatcher, work, terms).instrument(span.clone()).await;
    let outcome = result.as_ref().map_or_else(Error::code, |_| "ok");
    span.record("outcome", outcome);
    if let Err(error) = &result {
        span.in_scope(|| Subject { route: W::PATH, trace }.ended(outcome, &error.to_string()));
    }
    result
}

async fn attend<W: Work>(dispatcher: &Dispatcher, work: &W, terms: &Terms<'_>) -> Result<W::Answer, Error> {
    let mut journal = Journal::new(W::PATH, Instant::now());
    let ended = {
        let scatter = Scatter::new(dispatcher, work, terms, &mut journal);
        let run = pin!(timeout_at(terms.deadline.instant(), scatter.run()));
        match terms.stop.unless(run).await {
            Ok(in_time) => in_time.unwrap_or(Err(End::TimedOut)),
            Err(stopped) => Err(End::Stopped(stopped)),
        }
    };
    ended.map_err(|end| end.into_error(journal, terms.deadline, &dispatcher.client.pool))
}
