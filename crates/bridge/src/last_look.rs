//! The last thing that a call does before it fails because none of the hosts that are known can serve it: names that
//! stand for many hosts are looked up, for others may be there by now.
//!
//! Until the lookup is over the call goes on as ever: a host that comes meanwhile is asked. Fleets that aren't found in
//! DNS fail at once.

use futures_util::future::BoxFuture;
use tokio::time::timeout_at;

use crate::deadline::Deadline;
use crate::discovery::Discovery;
use crate::end::End;

/// See the module.
pub(crate) struct LastLook<'a> {
    discovery: &'a Discovery,
    deadline: Deadline,
    /// How the call will end, and the lookup.
    current: Option<(End, BoxFuture<'a, ()>)>,
}

impl<'a> LastLook<'a> {
    /// Nothing is looked up yet.
    pub(crate) fn new(discovery: &'a Discovery, deadline: Deadline) -> Self {
        Self { discovery, deadline, current: None }
    }

    /// Begins one, unless one is under way: the call would end like this.
    ///
    /// # Errors
    /// That end, where other hosts wouldn't change it or there is no way to find any.
    pub(crate) fn begin(&mut self, end: End) -> Result<(), End> {
        if !end.is_for_want_of_hosts() || !self.discovery.finds_hosts() {
            return Err(end);
        }
        let looks = self.current.take().map(|(_, looks)| looks);
        self.current = Some((end, looks.unwrap_or_else(|| Box::pin(self.discovery.looked_up()))));
        Ok(())
    }

    /// The call can go on.
    pub(crate) fn stop(&mut self) {
        self.current = None;
    }

    /// Ends when the lookup is over, or the deadline passes, with how the call ends; never where none is under way.
    pub(crate) async fn over(&mut self) -> End {
        let Some((_, looks)) = &mut self.current else { return std::future::pending().await };
        // Late or not, nobody has come.
        let _ = timeout_at(self.deadline.instant(), looks).await;
        self.current.take().map_or(End::Exhausted, |(end, _)| end)
    }
}
