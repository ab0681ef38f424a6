//! What the log says of a call's attempts: whole sentences with host, attempt, code and what happens next.
//!
//! All at `debug`, for each is about one call, and the caller gets the error. Each ends with the trace's id, which the
//! host's log has as well. Hosts go by their names, so that no address or key gets here.

use std::time::Duration;

use crate::fault::Fault;
use crate::outcome::Outcome;
use crate::trace::CallTrace;

/// A call, as lines name it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) route: &'static str,
    pub(crate) trace: &'a CallTrace,
}

impl Subject<'_> {
    /// Attempt `number` ended without an answer, unless it was given up.
    pub(crate) fn failed(self, host: &str, number: u32, outcome: &Outcome) {
        let Some(Fault { code, message, .. }) = outcome.fault() else { return };
        let (route, message, next) = (self.route, message.trim_end_matches('.'), next(outcome));
        tracing::debug!(
            host,
            attempt = number,
            code,
            "Attempt {number} of {route} on {host} failed ({code}): {message}. {next} [trace {}]",
            self.trace.id()
        );
    }

    /// A copy goes out.
    pub(crate) fn late(self, host: &str, waited: Duration, other: &str) {
        let (route, waited) = (self.route, waited.as_secs_f64());
        tracing::debug!(
            host,
            "{host} has had {route} for {waited:.2} s, longer than nineteen of twenty such requests take. {other} gets a copy; the first answer counts. [trace {}]",
            self.trace.id()
        );
    }

    /// Nothing can be sent for now.
    pub(crate) fn waits(self, pause: Duration) {
        let (route, pause) = (self.route, pause.as_secs_f64());
        tracing::debug!(
            "Every host wants to be left alone. {route} waits {pause:.2} s for the first to return. [trace {}]",
            self.trace.id()
        );
    }

    /// The call is over, without an answer. `message` is a sentence.
    pub(crate) fn ended(self, code: &'static str, message: &str) {
        tracing::debug!(code, "A call ended with {code}: {message} [trace {}]", self.trace.id());
    }
}

/// What an outcome leads to, unless the call is over.
fn next(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::BadInput(_) => "No other host would take it, so the call fails.",
        Outcome::TooLarge(_) => "It is cut, or a host that takes more gets it.",
        Outcome::ModelMissing(_) => "A host that has the model is looked for.",
        Outcome::ModelLoading { .. } => "Another host gets it, or this one when the model is there.",
        Outcome::WrongServer(_) => "Another host gets it; check the `url` of this one.",
        Outcome::Unauthorized(_) => "Another host gets it; check the `apiKey` of this one.",
        Outcome::Overloaded { .. } => "Another host gets it, and this one has the pause it asked for.",
        Outcome::Failed(_) => "Another host gets it, if one is left and the retry budget allows.",
        Outcome::Served | Outcome::Abandoned => "",
    }
}
