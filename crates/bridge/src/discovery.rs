//! Entries of the configuration that stand for many hosts: who is behind each name, from now on.
//!
//! Every entry is looked up when the bridge starts, then whenever the last answer is too old, and soon after a host of
//! it couldn't be reached; [`Entry`] does that. A call that finds no host at all has the names looked up again and waits
//! for that.

mod entry;
mod present;
mod roster;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout_at;

use self::entry::Entry;
use self::present::Present;
use crate::code::Code;
use crate::config::Config;
use crate::deadline::Deadline;
use crate::error::Error;
use crate::keeper::Keeper;
use crate::metrics::LookupFigures;
use crate::pool::Pool;
use crate::resolver::Resolver;

/// See the module.
pub(crate) struct Discovery {
    pool: Arc<Pool>,
    resolver: Arc<dyn Resolver>,
    entries: Vec<Arc<Entry>>,
    /// Longest pause between two lookups of a name.
    longest: Duration,
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
            let (entry, resolver, longest) = (Arc::clone(entry), Arc::clone(&self.resolver), self.longest);
            let mut present = Present::new(Arc::clone(&self.pool), keeper.clone());
            keeper.keep(async move { entry.follow(&*resolver, &mut present, longest).await });
        }
    }

    /// Whether hosts may be found at all.
    pub(crate) fn finds_hosts(&self) -> bool {
        !self.entries.is_empty()
    }

    /// Ends when every name has been looked up since, which is soon.
    pub(crate) async fn looked_up(&self) {
        join_all(self.entries.iter().map(|entry| entry.looked_up())).await;
    }

    /// Whether a call has to wait for a host to be found.
    pub(crate) fn is_needed(&self) -> bool {
        self.finds_hosts() && self.pool.is_empty()
    }

    /// Ends when a host is known.
    ///
    /// # Errors
    /// When every name has been looked up since, and none has hosts; when the deadline passes before.
    pub(crate) async fn found(&self, deadline: Deadline) -> Result<(), Error> {
        let mut changes = self.pool.changes();
        let found = async { while self.pool.is_empty() && changes.changed().await.is_ok() {} };
        let either = async {
            tokio::select! {
                () = self.looked_up() => {}
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
        self.entries.iter().map(|entry| entry.figures(&members)).collect()
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
