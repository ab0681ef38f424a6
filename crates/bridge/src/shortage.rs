//! What becomes of a request while the process has no descriptor left for one more connection.
//!
//! That says nothing of the host, so no host is blamed: the request waits until another one ends, whose connection it may
//! take, and looks again every now and then. Not for as long as its call may take: what is short may be held by idle
//! connections to other hosts, and the call had then better go to those.

use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout};

/// How soon it is looked again; other parts of the process may have given descriptors back.
const LOOK: Duration = Duration::from_millis(100);
/// How long a request waits.
const LONGEST: Duration = Duration::from_secs(10);

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Shortage(Notify);

/// A request on its way. Its end is heard of by one that waits.
pub(crate) struct Turn<'a>(&'a Shortage);

impl Shortage {
    /// A request begins.
    pub(crate) fn turn(&self) -> Turn<'_> {
        Turn(self)
    }

    /// Waits until it is worth while to look again. `false` where the request, which began then, has waited long enough.
    pub(crate) async fn over(&self, begun: Instant) -> bool {
        let waits = begun.elapsed() < LONGEST;
        if waits && timeout(LOOK, self.0.notified()).await.is_ok() {
            yield_now().await; // The connection is free once its own task has had its turn.
        }
        waits
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.0.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_request_waits_for_the_end_of_another_and_not_for_ever() {
        let (shortage, begun) = (Shortage::default(), Instant::now());
        let turn = shortage.turn();
        let (over, ()) = tokio::join!(shortage.over(begun), async { drop(turn) });
        assert_eq!((over, begun.elapsed()), (true, Duration::ZERO));
        while shortage.over(begun).await {}
        assert_eq!(begun.elapsed(), LONGEST);
    }
}
