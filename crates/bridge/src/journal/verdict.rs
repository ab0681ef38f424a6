//! The errors that calls end with, as the hosts' last words have it.

use std::time::Duration;

use tokio::time::Instant;

use super::{Journal, MISMATCH};
use crate::code::Code;
use crate::error::Error;
use crate::spoken::spoken;
use crate::stop::Stopped;

impl Journal {
    /// The request is wrong, says the host that was asked last.
    pub(crate) fn refused(self) -> Error {
        let summary = self.summary();
        self.error(Code::InvalidInput, format!("The request was refused: {summary}."))
    }

    /// No host is left.
    pub(crate) fn exhausted(self) -> Error {
        if self.entries.is_empty() {
            let message =
                format!("No host is left for {}: all that were known have left the fleet.", self.path);
            return self.error(Code::DnsFailed, message);
        }
        let (code, what) = self.verdict();
        let summary = self.summary();
        self.error(code, format!("{what} for {}: {summary}.", self.path))
    }

    /// A host is left, but too many retries were made lately.
    pub(crate) fn budget_spent(self) -> Error {
        let summary = self.summary();
        let message = format!(
            "{} failed, and the retry budget (`retries.budgetPercent`) is spent: {summary}.",
            self.path
        );
        self.error(Code::AllHostsFailed, message)
    }

    /// All hosts that are left want to be left alone for longer than the call may wait. `pauses` are who asked for it in
    /// earlier calls, and with what words.
    pub(crate) fn overloaded(self, back_in: Duration, pauses: &[String]) -> Error {
        let back = spoken(back_in);
        let message = match self.entries.is_empty() {
            true => {
                let pauses = pauses.join("; ");
                format!(
                    "Every host asked for a pause, and the first is back in {back}: {pauses}. Try again then."
                )
            }
            false => format!(
                "Every host is busy, and the first is back in {back}, after the call's deadline: {}.",
                self.summary()
            ),
        };
        self.error(Code::Overloaded, message).with_retry_after(Some(back_in))
    }

    /// The deadline passed, `timeout` after the caller asked.
    pub(crate) fn timed_out(self, now: Instant, timeout: Duration) -> Error {
        if self.current.is_empty() && self.entries.is_empty() {
            return self.out_of_time(timeout);
        }
        let waited = spoken(now.duration_since(self.begun));
        let at_work = self.at_work();
        let (doing, host) = match &at_work[..] {
            [] => ("the next try was yet to come".to_owned(), None),
            [host] => (format!("{host} was still at work"), Some((*host).to_owned())),
            hosts => (format!("{} were still at work", hosts.join(", ")), None),
        };
        let before = match self.entries.is_empty() {
            true => String::new(),
            false => format!("; before that, {}", self.summary()),
        };
        let message = format!("No answer to {} within {waited}: {doing}{before}.", self.path);
        self.error(Code::Timeout, message).with_status(None).with_host(host)
    }

    /// The deadline passed, and nothing had been asked yet.
    fn out_of_time(self, timeout: Duration) -> Error {
        let (timeout, path) = (spoken(timeout), self.path);
        let message = format!(
            "The deadline of {timeout} passed before any host could be asked for {path}; give the call a longer `timeout`."
        );
        self.error(Code::Timeout, message)
    }

    /// The caller gave up, or the bridge was closed.
    pub(crate) fn stopped(self, stopped: Stopped) -> Error {
        self.error(stopped.code(), stopped.message().to_owned())
    }

    /// Where all hosts said the same, that is what went wrong. A host's last word counts.
    fn verdict(&self) -> (Code, &'static str) {
        if self.entries.iter().any(|entry| entry.fault.code == MISMATCH) {
            return (Code::ModelMismatch, "No host is left that holds the same model as the first to answer");
        }
        let mut codes = self.last_words().map(|entry| entry.fault.code);
        let first = codes.next();
        match first.filter(|first| codes.all(|code| code == *first)) {
            Some("invalid_input") => (Code::InvalidInput, "No host takes the request"),
            Some("unauthorized") => (Code::Unauthorized, "Every host refused the key (`apiKey`)"),
            Some("model_not_found") => (Code::ModelNotFound, "No host has the model"),
            Some("overloaded") => (Code::Overloaded, "Every host is busy"),
            Some("bad_response") => (Code::BadResponse, "No host gave a valid answer"),
            Some("route_not_found") => {
                (Code::InvalidConfig, "No configured `url` leads to a GPU service that has the route")
            }
            _ => (Code::AllHostsFailed, "All hosts failed"),
        }
    }
}
