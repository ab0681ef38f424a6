//! An entry of the configuration that stands for many hosts: who is behind its name, and since when that is known.
//!
//! [`Roster`] says what an answer means and when to ask again; here the questions are asked, and hosts join and leave
//! the pool by the answers.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep};

use super::present::Present;
use super::roster::{Roster, SHORTEST};
use crate::host_config::HostConfig;
use crate::member::Member;
use crate::metrics::LookupFigures;
use crate::origin::Origin;
use crate::resolver::Resolver;
use crate::resolver::lookup::Lookup;
use crate::resolver::resolution::{Resolution, Target};
use crate::resolver::resolve_error::ResolveError;

/// See the module.
pub(crate) struct Entry {
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

impl Entry {
    /// `None` where the entry is a host.
    pub(crate) fn new(place: usize, config: &HostConfig) -> Option<Self> {
        let lookup = config.discover.clone()?;
        let origin = Arc::new(Origin { entry: config.name.clone(), doubt: Notify::new() });
        Some(Self { place, config: config.clone(), lookup, origin, latest: watch::Sender::default() })
    }

    /// Looks the name up from now on, and has hosts join and leave by what it finds.
    pub(crate) async fn follow(&self, resolver: &dyn Resolver, present: &mut Present, longest: Duration) {
        let mut roster = Roster::new(longest);
        loop {
            let answer = resolver.resolve(&self.lookup).await;
            let change = roster.take_in(&answer, Instant::now());
            change.gone.iter().for_each(|address| present.leave(address));
            change.changed.iter().for_each(|target| present.change(&self.host(target), target));
            change.come.iter().for_each(|target| present.join(self.place, self.host(target), target));
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
    pub(crate) async fn looked_up(&self) {
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

    /// How it has been looked up, and how many of the members are hosts of it.
    pub(crate) fn figures(&self, members: &[Arc<Member>]) -> LookupFigures {
        let latest = self.latest.borrow();
        LookupFigures {
            entry: self.config.name.clone(),
            hosts: members.iter().filter(|member| member.entry == self.place).count(),
            lookups: latest.lookups,
            failing: latest.failure.is_some(),
        }
    }

    /// Why no host is known, for people.
    pub(crate) fn describe(&self) -> String {
        let reason = match &self.latest.borrow().failure {
            Some(failure) => failure.to_string(),
            None => "it hasn't been looked up yet".to_owned(),
        };
        format!("{} (host {:?}): {reason}", self.lookup, self.origin.entry)
    }
}
