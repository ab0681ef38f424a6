//! Which hosts the bridge has been told of, and since when: what its own roster should make of the answers of DNS.
//!
//! A host that comes back is another stay of it, of which the bridge is to remember nothing.

use std::collections::BTreeSet;
use std::time::Duration;

/// How long a name must have had no hosts.
const BELIEVED: Duration = Duration::from_secs(60);

/// What DNS says.
pub(crate) enum Word {
    /// These are all.
    All(BTreeSet<usize>),
    /// Among others.
    Some(BTreeSet<usize>),
    Nobody,
    Failure,
}

/// When something was heard: since the beginning, and after how many requests had begun.
pub(crate) type Heard = (Duration, usize);

/// One stay of one host.
#[derive(Debug)]
pub(crate) struct Stay {
    pub(crate) host: usize,
    pub(crate) come: Heard,
    gone: Option<Heard>,
}

impl Stay {
    fn is_on_at(&self, request: usize) -> bool {
        self.come.1 <= request && self.gone.is_none_or(|(_, gone)| gone > request)
    }
}

/// See the module. Stays are named by their place.
#[derive(Debug)]
pub(crate) struct Roll {
    stays: Vec<Stay>,
    /// How many hosts are there always; theirs are the first stays.
    fixed: usize,
    nobody_since: Option<Duration>,
    last: Option<Duration>,
}

impl Roll {
    /// Begins with these hosts, which DNS has no say about.
    pub(crate) fn of(fixed: impl Iterator<Item = usize>) -> Self {
        let stays: Vec<_> = fixed.map(|host| Stay { host, come: (Duration::ZERO, 0), gone: None }).collect();
        Self { fixed: stays.len(), stays, nobody_since: None, last: None }
    }

    pub(crate) fn take_in(&mut self, word: &Word, now: Heard) {
        self.last = Some(now.0);
        self.nobody_since = match word {
            Word::Nobody => self.nobody_since.or(Some(now.0)),
            _ => None,
        };
        match word {
            Word::All(named) => {
                self.leave(|host| !named.contains(&host), now);
                self.join(named, now);
            }
            Word::Some(named) => self.join(named, now),
            Word::Nobody if self.nobody_since.is_some_and(|since| now.0 - since >= BELIEVED) => {
                self.leave(|_| true, now);
            }
            Word::Nobody | Word::Failure => {}
        }
    }

    fn leave(&mut self, leaves: impl Fn(usize) -> bool, now: Heard) {
        let found = self.stays[self.fixed..].iter_mut().filter(|stay| stay.gone.is_none());
        found.filter(|stay| leaves(stay.host)).for_each(|stay| stay.gone = Some(now));
    }

    fn join(&mut self, named: &BTreeSet<usize>, now: Heard) {
        let new: Vec<_> = named.iter().filter(|host| self.stay(**host).is_none()).collect();
        self.stays.extend(new.into_iter().map(|&host| Stay { host, come: now, gone: None }));
    }

    /// The present stay of a host.
    pub(crate) fn stay(&self, host: usize) -> Option<usize> {
        self.stays.iter().rposition(|stay| stay.host == host && stay.gone.is_none())
    }

    /// Those that were there when this request began.
    pub(crate) fn at(&self, request: usize) -> impl Iterator<Item = (usize, &Stay)> {
        self.stays.iter().enumerate().filter(move |(_, stay)| stay.is_on_at(request))
    }

    /// Those that are there.
    pub(crate) fn present(&self) -> impl Iterator<Item = (usize, &Stay)> {
        self.stays.iter().enumerate().filter(|(_, stay)| stay.gone.is_none())
    }

    /// How often a host has been there since then.
    pub(crate) fn count(&self, host: usize, since: Duration) -> usize {
        let own = self.stays.iter().filter(|stay| stay.host == host);
        own.filter(|stay| stay.gone.is_none_or(|(gone, _)| gone >= since)).count()
    }

    /// When DNS last had something to say.
    pub(crate) fn last(&self) -> Option<Duration> {
        self.last
    }
}
