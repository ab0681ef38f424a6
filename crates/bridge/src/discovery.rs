//! Entries of the configuration that stand for many hosts: who is behind each name, from now on.
//!
//! Every entry is looked up when the bridge starts, then whenever the last answer is too old, and soon after a host of
//! it couldn't be reached. [`Roster`] says what an answer means; here hosts join and leave the pool by it. A call that
//! finds no host at all has the names looked up again and waits for that.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, timeout_at};

use crate::config::Config;
use crate::deadline::Deadline;
use crate::error::{Code, Error};
use crate::host_config::HostConfig;
use crate::keeper::Keeper;
use crate::lookup::Lookup;
use crate::member::Member;
use crate::metrics::LookupFigures;
use crate::origin::Origin;
use crate::pool::Pool;
use crate::resolution::{Resolution, Target};
use crate::resolver::{ResolveError, Resolver};
use crate::roster::{Roster, SHORTEST};

/// See the module.
pub(crate) struct Discovery {
    pool: Arc<Pool>,
    resolver: Arc<dyn Resolver>,
    entries: Vec<Arc<Entry>>,
    /// Longest pause between two lookups of a name.
    longest: Duration,
}

/// An entry that stands for many hosts.
struct Entry {
    /// In the configuration.
    place: usize,
    config: HostConfig,
    lookup: Lookup,
    origin: Arc<Origin>,
    latest: watch::Sender<Latest>,
}

/// How the lookups of an entry have gone.
#[derive(Debug, Clone, Default)]
struct Latest {
    lookups: u64,
    failure: Option<ResolveError>,
}

impl Discovery {
    pub(crate) fn new(config: &Config, pool: Arc<Pool>, resolver: Arc<dyn Resolver>) -> Self {
        let entries = config.hosts.iter().enumerate();
        let entries = entries.filter_map(|(place, config)| Entry::new(place, config)).map(Arc::new).collect();
        Self { pool, resolver, entries, longest: config.health_check_interval }
    }

    /// Begins to follow every entry; the hosts that come are watched by the keeper.
    pub(crate) fn start(&self, keeper: &Keeper) {
        for entry in &self.entries {
            let (pool, resolver) = (Arc::clone(&self.pool), Arc::clone(&self.resolver));
            let (entry, longest, watcher) = (Arc::clone(entry), self.longest, keeper.clone());
            keeper.keep(async move {
                let mut present = Present { pool, keeper: watcher, hosts: BTreeMap::new() };
                entry.follow(&*resolver, &mut present, longest).await;
            });
        }
    }

    /// Whether a call has to wait for a host to be found.
    pub(crate) fn is_needed(&self) -> bool {
        !self.entries.is_empty() && self.pool.is_empty()
    }

    /// Ends when a host is known.
    ///
    /// # Errors
    /// When every name has been looked up since, and none has hosts; when the deadline passes before.
    pub(crate) async fn found(&self, deadline: Deadline) -> Result<(), Error> {
        let mut changes = self.pool.changes();
        let looked_up = join_all(self.entries.iter().map(|entry| entry.looked_up()));
        let found = async { while self.pool.is_empty() && changes.changed().await.is_ok() {} };
        let either = async {
            tokio::select! {
                _ = looked_up => {}
                () = found => {}
            }
        };
        let in_time = timeout_at(deadline.instant(), either).await.is_ok();
        match self.pool.is_empty() {
            false => Ok(()),
            true => Err(self.unresolved(in_time)),
        }
    }

    /// How each entry has been looked up, and how many hosts of it work.
    pub(crate) fn figures(&self) -> Vec<LookupFigures> {
        let members = self.pool.members();
        let figures = |entry: &Arc<Entry>| {
            let (latest, place) = (entry.latest.borrow(), entry.place);
            LookupFigures {
                entry: entry.config.name.clone(),
                hosts: members.iter().filter(|member| member.entry == place).count(),
                lookups: latest.lookups,
                failing: latest.failure.is_some(),
            }
        };
        self.entries.iter().map(figures).collect()
    }

    fn unresolved(&self, in_time: bool) -> Error {
        let reasons: Vec<_> = self.entries.iter().map(|entry| entry.describe()).collect();
        let reasons = reasons.join("; ");
        match in_time {
            true => Error::new(Code::DnsFailed, format!("No host could be found in DNS: {reasons}.")),
            false => Error::new(Code::Timeout, format!("No host was found in DNS in time: {reasons}.")),
        }
    }
}

impl Entry {
    fn new(place: usize, config: &HostConfig) -> Option<Self> {
        let lookup = config.discover.clone()?;
        let origin = Arc::new(Origin { entry: config.name.clone(), doubt: Notify::new() });
        Some(Self { place, config: config.clone(), lookup, origin, latest: watch::Sender::default() })
    }

    async fn follow(&self, resolver: &dyn Resolver, present: &mut Present, longest: Duration) {
        let mut roster = Roster::new(longest);
        loop {
            let answer = resolver.resolve(&self.lookup).await;
            let change = roster.take_in(&answer, Instant::now());
            change.gone.iter().for_each(|address| present.leave(address));
            change.changed.iter().for_each(|target| present.change(self, target));
            change.come.iter().for_each(|target| present.join(self, target));
            self.note(answer);
            self.rest(roster.pause()).await;
        }
    }

    fn note(&self, answer: Result<Resolution, ResolveError>) {
        let (entry, lookup) = (&self.origin.entry, &self.lookup);
        self.latest.send_modify(|latest| {
            latest.lookups += 1;
            let before = std::mem::replace(&mut latest.failure, answer.err());
            match (before, &latest.failure) {
                (None, Some(reason)) => {
                    tracing::warn!(
                        "The hosts of {entry} can't be found: {lookup}: {reason}. Those that are known stay."
                    );
                }
                (Some(_), None) => tracing::info!("The hosts of {entry} can be found again at {lookup}."),
                _ => {}
            }
        });
    }

    /// Until the next lookup is due, or the last one is in doubt.
    async fn rest(&self, pause: Duration) {
        sleep(SHORTEST.min(pause)).await;
        tokio::select! {
            () = sleep(pause.saturating_sub(SHORTEST)) => {}
            () = self.origin.doubt.notified() => {}
        }
    }

    /// Ends with the next lookup, which is soon.
    async fn looked_up(&self) {
        let mut latest = self.latest.subscribe();
        let before = latest.borrow().lookups;
        if before > 0 {
            self.origin.doubt.notify_one();
        }
        // It ends early only where the entry itself is gone.
        let _ = latest.wait_for(|latest| latest.lookups > before).await;
    }

    /// A host of the entry.
    fn host(&self, target: &Target) -> HostConfig {
        let mut config = self.config.clone();
        config.name = format!("{}/{}", self.config.name, target.address);
        config.endpoint.connect_to = Some(target.address);
        (config.weight, config.priority) = (self.config.weight * target.weight, target.priority);
        (config.discover, config.origin) = (None, Some(Arc::clone(&self.origin)));
        config
    }

    fn describe(&self) -> String {
        let reason = match &self.latest.borrow().failure {
            Some(failure) => failure.to_string(),
            None => "it hasn't been looked up yet".to_owned(),
        };
        format!("{} (host {:?}): {reason}", self.lookup, self.origin.entry)
    }
}

/// The hosts of an entry that are in the pool.
struct Present {
    pool: Arc<Pool>,
    keeper: Keeper,
    hosts: BTreeMap<SocketAddr, Arc<Member>>,
}

impl Present {
    fn join(&mut self, entry: &Entry, target: &Target) {
        let host = self.pool.join(entry.place, entry.host(target), Instant::now());
        self.keeper.watch(Arc::clone(&host));
        self.hosts.insert(target.address, host);
    }

    fn change(&self, entry: &Entry, target: &Target) {
        let HostConfig { weight, priority, .. } = entry.host(target);
        if let Some(host) = self.hosts.get(&target.address) {
            self.pool.update(host.id, |host, _| (host.weight, host.priority) = (weight, priority));
        }
    }

    fn leave(&mut self, address: &SocketAddr) {
        if let Some(host) = self.hosts.remove(address) {
            self.pool.leave(&host);
        }
    }
}
