//! What one call has been through, and the error that sums it up.

use std::time::Duration;

use tokio::time::Instant;

use crate::code::Code;
use crate::error::{Attempt, Error};
use crate::fault::Fault;
use crate::spoken::spoken;
use crate::stop::Stopped;

/// Attempts that are remembered; a host that asks for short pauses can cause many.
const MOST: usize = 64;

/// The code of an answer that doesn't fit the others of its call.
pub(crate) const MISMATCH: &str = "model_mismatch";

/// The last attempts of a call, in order.
#[derive(Debug)]
pub(crate) struct Journal {
    path: &'static str,
    begun: Instant,
    entries: Vec<Entry>,
    /// The hosts that are being asked.
    current: Vec<String>,
}

#[derive(Debug)]
struct Entry {
    host: String,
    fault: Fault,
}

impl Journal {
    pub(crate) fn new(path: &'static str, begun: Instant) -> Self {
        Self { path, begun, entries: vec![], current: vec![] }
    }

    /// Notes that a host is being asked.
    pub(crate) fn begin(&mut self, host: &str) {
        self.current.push(host.to_owned());
    }

    /// Notes that a host is done, one way or the other.
    pub(crate) fn end(&mut self, host: &str) {
        if let Some(at) = self.current.iter().position(|current| current == host) {
            self.current.swap_remove(at);
        }
    }

    /// Notes what a host said.
    pub(crate) fn note(&mut self, host: &str, fault: Fault) {
        if self.entries.len() == MOST {
            self.entries.remove(self.least());
        }
        self.entries.push(Entry { host: host.to_owned(), fault });
    }

    /// What makes room: the oldest, but not that a host is of another model, which is heard once and decides much.
    fn least(&self) -> usize {
        self.entries.iter().position(|entry| entry.fault.code != MISMATCH).unwrap_or(0)
    }

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
        let doing = match &at_work[..] {
            [] => "the next try was yet to come".to_owned(),
            [host] => format!("{host} was still at work"),
            hosts => format!("{} were still at work", hosts.join(", ")),
        };
        let before = match self.entries.is_empty() {
            true => String::new(),
            false => format!("; before that, {}", self.summary()),
        };
        let host = match &at_work[..] {
            [host] => Some((*host).to_owned()),
            _ => None,
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

    fn at_work(&self) -> Vec<&str> {
        let mut hosts: Vec<_> = self.current.iter().map(String::as_str).collect();
        hosts.sort_unstable();
        hosts.dedup();
        hosts
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

    fn last_words(&self) -> impl Iterator<Item = &Entry> {
        let later = |at: usize| &self.entries[at + 1..];
        let entries = self.entries.iter().enumerate();
        entries
            .filter(move |(at, entry)| later(*at).iter().all(|other| other.host != entry.host))
            .map(|pair| pair.1)
    }

    /// `gpu-1: status 500: …; gpu-2: …`, each host once.
    fn summary(&self) -> String {
        let line = |entry: &Entry| format!("{}: {}", entry.host, entry.fault.message.trim_end_matches('.'));
        self.last_words().map(line).collect::<Vec<_>>().join("; ")
    }

    fn error(&self, code: Code, message: String) -> Error {
        let attempts = self.entries.iter().map(Entry::attempt).collect();
        let last = self.entries.last();
        let mut hosts = self.entries.iter().map(|entry| &entry.host);
        let only = hosts.next().filter(|first| hosts.all(|host| host == *first)).cloned();
        Error::new(code, message)
            .with_status(last.and_then(|entry| entry.fault.status))
            .with_host(only)
            .with_attempts(attempts)
    }
}

impl Entry {
    fn attempt(&self) -> Attempt {
        Attempt {
            host: self.host.clone(),
            code: self.fault.code.to_owned(),
            message: self.fault.message.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_a_host_is_of_another_model_is_remembered_however_much_happens_after_it() {
        let mut journal = Journal::new("/embed", Instant::now());
        journal.note("h1", Fault::new(MISMATCH, None, "answered as f2"));
        (0..2 * MOST).for_each(|_| journal.note("h2", Fault::new("unreachable", None, "refused")));
        let error = journal.exhausted();
        assert_eq!((error.code(), error.attempts().len()), ("model_mismatch", MOST));
        assert!(error.to_string().contains("h1: answered as f2"), "{error}");
    }
}
