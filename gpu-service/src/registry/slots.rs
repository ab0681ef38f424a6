//! Loads each thing once, however many ask for it at the same time.
//!
//! Whoever asks first starts the load; everybody waits for the same outcome. The load goes on when those who
//! asked went away. A failure is believed for a while, then the next who asks starts over.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::Instant;

/// What became of a load, and when.
#[derive(Debug, Clone)]
pub(super) struct Settled<V, E> {
    pub(super) outcome: Result<V, E>,
    pub(super) at: Instant,
}

type Slot<V, E> = watch::Receiver<Option<Settled<V, E>>>;

/// See the module.
#[derive(Debug)]
pub(super) struct Slots<K, V, E> {
    believe: Duration,
    slots: Arc<Mutex<BTreeMap<K, Slot<V, E>>>>,
}

impl<K, V, E> Slots<K, V, E>
where
    K: Ord + Clone,
    V: Clone + Send + Sync + 'static,
    E: Clone + Send + Sync + 'static,
{
    /// None yet; failures are believed for so long.
    pub(super) fn new(believe: Duration) -> Self {
        Self { believe, slots: Arc::default() }
    }

    /// The outcome of the load under `key`, which starts `load` where none is under way, done or believed to fail.
    /// `None` when the runtime ends before the load does.
    pub(super) async fn get<F>(&self, key: &K, load: impl FnOnce() -> F) -> Option<Settled<V, E>>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        let mut slot = self.slot(key, load);
        let settled = slot.wait_for(Option::is_some).await.ok()?;
        settled.clone()
    }

    /// All that is settled, by key. An old failure stays until somebody asks for its key or [`forget`](Self::forget).
    pub(super) fn settled(&self) -> Vec<(K, Settled<V, E>)> {
        let slots = self.slots.lock();
        slots.iter().filter_map(|(key, slot)| Some((key.clone(), slot.borrow().clone()?))).collect()
    }

    /// Drops old failures but those that `keep` wants.
    pub(super) fn forget(&self, keep: impl Fn(&K) -> bool) {
        let now = Instant::now();
        self.slots.lock().retain(|key, slot| keep(key) || !self.stale(slot, now));
    }

    fn slot<F>(&self, key: &K, load: impl FnOnce() -> F) -> Slot<V, E>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        let mut slots = self.slots.lock();
        if let Some(slot) = slots.get(key).filter(|slot| !self.stale(slot, Instant::now())) {
            return slot.clone();
        }
        let (sender, slot) = watch::channel(None);
        slots.insert(key.clone(), slot.clone());
        let load = load();
        tokio::spawn(async move {
            let outcome = load.await;
            sender.send_replace(Some(Settled { outcome, at: Instant::now() }));
        });
        slot
    }

    fn stale(&self, slot: &Slot<V, E>, now: Instant) -> bool {
        let old = |settled: &Settled<V, E>| now.saturating_duration_since(settled.at) >= self.believe;
        slot.borrow().as_ref().is_some_and(|settled| settled.outcome.is_err() && old(settled))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use futures_util::future::join_all;
    use tokio::time::advance;

    use super::*;

    const BELIEVE: Duration = Duration::from_secs(10);

    async fn ask(
        slots: &Slots<u8, u8, &'static str>,
        loads: &Arc<AtomicUsize>,
        outcome: Result<u8, &'static str>,
    ) -> Result<u8, &'static str> {
        let loads = Arc::clone(loads);
        let load = || async move {
            tokio::task::yield_now().await;
            loads.fetch_add(1, Relaxed);
            outcome
        };
        slots.get(&1, load).await.unwrap().outcome
    }

    #[tokio::test]
    async fn a_hundred_who_ask_at_once_share_one_load_and_it_is_kept() {
        let (slots, loads) = (Slots::new(BELIEVE), Arc::default());
        let all = join_all((0..100).map(|_| ask(&slots, &loads, Ok(7)))).await;
        assert_eq!(all, [Ok(7); 100]);
        assert_eq!(ask(&slots, &loads, Ok(8)).await, Ok(7));
        assert_eq!(loads.load(Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_believed_for_a_while() {
        let (slots, loads) = (Slots::new(BELIEVE), Arc::default());
        assert_eq!(ask(&slots, &loads, Err("gone")).await, Err("gone"));
        advance(BELIEVE - Duration::from_millis(1)).await;
        assert_eq!(ask(&slots, &loads, Ok(7)).await, Err("gone"));
        advance(Duration::from_millis(1)).await;
        assert_eq!(ask(&slots, &loads, Ok(7)).await, Ok(7));
    }

    #[tokio::test(start_paused = true)]
    async fn old_failures_are_forgotten_but_those_that_are_kept() {
        let (slots, loads) = (Slots::new(BELIEVE), Arc::default());
        ask(&slots, &loads, Err("gone")).await.unwrap_err();
        slots.forget(|_| false);
        assert_eq!(slots.settled().len(), 1, "it is still believed");
        advance(BELIEVE).await;
        slots.forget(|key| *key == 1);
        assert_eq!(slots.settled().len(), 1);
        slots.forget(|_| false);
        assert!(slots.settled().is_empty());
    }

    #[tokio::test]
    async fn a_load_goes_on_when_those_who_asked_went_away() {
        let slots: Slots<u8, u8, &'static str> = Slots::new(BELIEVE);
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let load = || async move { receiver.await.map_err(|_| "dropped") };
        assert!(tokio::time::timeout(Duration::ZERO, slots.get(&1, load)).await.is_err());
        sender.send(7).unwrap();
        assert_eq!(slots.get(&1, || async { Ok(8) }).await.unwrap().outcome, Ok(7));
    }
}
