//! What one call has been through. The error that sums it up is in [`verdict`].

mod verdict;

use tokio::time::Instant;

use crate::code::Code;
use crate::error::{Attempt, Error};
use crate::fault::Fault;

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

    fn at_work(&self) -> Vec<&str> {
        let mut hosts: Vec<_> = self.current.iter().map(String::as_str).collect();
        hosts.sort_unstable();
        hosts.dedup();
        hosts
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
