//! Loads each thing once, however many ask for it at the same time.
//!
//! Whoever asks first starts the load; everybody waits for the same outcome. The load goes on when those who
//! asked went away. An outcome is believed for as long as the slots' rule says, then the next who asks starts over.

use std::collections::BTreeMap;
use std::future::Future;
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

/// A load that is under way or done.
#[derive(Debug, Clone)]
pub(super) struct Slot<V, E> {
    /// Names the load among all of these slots.
    pub(super) id: u64,
    outcome: watch::Receiver<Option<Settled<V, E>>>,
}

impl<V: Clone, E: Clone> Slot<V, E> {
    /// What became of the load, if that is known by now.
    pub(super) fn now(&self) -> Option<Settled<V, E>> {
        self.outcome.borrow().clone()
    }

    /// Waits for the load. `None` when the runtime ends before it does.
    pub(super) async fn settled(mut self) -> Option<Settled<V, E>> {
        let settled = self.outcome.wait_for(Option::is_some).await.ok()?;
        settled.clone()
    }
}

/// How long an outcome is believed; `None` for ever.
pub(super) type Belief<V, E> = fn(&Result<V, E>) -> Option<Duration>;

/// See the module.
#[derive(Debug)]
pub(super) struct Slots<K, V, E> {
    belief: Belief<V, E>,
    slots: Mutex<Table<K, V, E>>,
}

#[derive(Debug)]
struct Table<K, V, E> {
    by_key: BTreeMap<K, Slot<V, E>>,
    loads: u64,
}

impl<K, V, E> Slots<K, V, E>
where
    K: Ord + Clone,
    V: Clone + Send + Sync + 'static,
    E: Clone + Send + Sync + 'static,
{
    /// None yet.
    pub(super) fn new(belief: Belief<V, E>) -> Self {
        Self { belief, slots: Mutex::new(Table { by_key: BTreeMap::new(), loads: 0 }) }
    }

    /// The slot of `key`. Starts `load`, under the id it is given, where none is under way, done or believed to fail.
    pub(super) fn enter<F>(&self, key: &K, load: impl FnOnce(u64) -> F) -> Slot<V, E>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        let mut table = self.slots.lock();
        if let Some(slot) = table.by_key.get(key).filter(|slot| !self.stale(slot)) {
            return slot.clone();
        }
        let (sender, outcome) = watch::channel(None);
        let slot = Slot { id: table.loads, outcome };
        table.loads += 1;
        table.by_key.insert(key.clone(), slot.clone());
        let load = load(slot.id);
        tokio::spawn(async move {
            let outcome = load.await;
            sender.send_replace(Some(Settled { outcome, at: Instant::now() }));
        });
        slot
    }

    /// All that is settled, by key. An old failure stays until somebody asks for its key or [`forget`](Self::forget).
    pub(super) fn settled(&self) -> Vec<(K, u64, Settled<V, E>)> {
        let table = self.slots.lock();
        let settled = |(key, slot): (&K, &Slot<V, E>)| Some((key.clone(), slot.id, slot.now()?));
        table.by_key.iter().filter_map(settled).collect()
    }

    /// Keys of the loads that are under way.
    pub(super) fn under_way(&self) -> Vec<K> {
        let table = self.slots.lock();
        table.by_key.iter().filter(|(_, slot)| slot.now().is_none()).map(|(key, _)| key.clone()).collect()
    }

    /// Empties the slot of `key` if it still is the load `id`.
    pub(super) fn remove(&self, key: &K, id: u64) {
        let mut table = self.slots.lock();
        if table.by_key.get(key).is_some_and(|slot| slot.id == id) {
            table.by_key.remove(key);
        }
    }

    /// Drops outcomes that aren't believed any more, but those that `keep` wants.
    pub(super) fn forget(&self, keep: impl Fn(&K) -> bool) {
        self.slots.lock().by_key.retain(|key, slot| keep(key) || !self.stale(slot));
    }

    /// Drops failures, believed or not, of the keys that `which` names.
    pub(super) fn clear_failures(&self, which: impl Fn(&K) -> bool) {
        let failed = |slot: &Slot<V, E>| slot.now().is_some_and(|settled| settled.outcome.is_err());
        self.slots.lock().by_key.retain(|key, slot| !(which(key) && failed(slot)));
    }

    fn stale(&self, slot: &Slot<V, E>) -> bool {
        let settled = slot.outcome.borrow();
        let old = |settled: &Settled<V, E>| {
            (self.belief)(&settled.outcome).is_some_and(|belief| settled.at.elapsed() >= belief)
        };
        settled.as_ref().is_some_and(old)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use futures_util::future::join_all;
    use tokio::time::advance;

    use super::*;

    const BELIEVE: Duration = Duration::from_secs(10);

    fn slots() -> Slots<u8, u8, &'static str> {
        Slots::new(|outcome| outcome.is_err().then_some(BELIEVE))
    }

    async fn ask(
        slots: &Slots<u8, u8, &'static str>,
        loads: &Arc<AtomicUsize>,
        outcome: Result<u8, &'static str>,
    ) -> Result<u8, &'static str> {
        let loads = Arc::clone(loads);
        let load = |_| async move {
            tokio::task::yield_now().await;
            loads.fetch_add(1, Relaxed);
            outcome
        };
        slots.enter(&1, load).settled().await.unwrap().outcome
    }

    #[tokio::test]
    async fn a_hundred_who_ask_at_once_share_one_load_and_it_is_kept() {
        let (slots, loads) = (slots(), Arc::default());
        let all = join_all((0..100).map(|_| ask(&slots, &loads, Ok(7)))).await;
        assert_eq!(all, [Ok(7); 100]);
        assert_eq!(ask(&slots, &loads, Ok(8)).await, Ok(7));
        assert_eq!(loads.load(Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_believed_for_a_while() {
        let (slots, loads) = (slots(), Arc::default());
        assert_eq!(ask(&slots, &loads, Err("gone")).await, Err("gone"));
        advance(BELIEVE - Duration::from_millis(1)).await;
        assert_eq!(ask(&slots, &loads, Ok(7)).await, Err("gone"));
        advance(Duration::from_millis(1)).await;
        assert_eq!(ask(&slots, &loads, Ok(7)).await, Ok(7));
    }

    #[tokio::test(start_paused = true)]
    async fn old_failures_are_forgotten_but_those_that_are_kept() {
        let (slots, loads) = (slots(), Arc::default());
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
        let slots = slots();
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let load = |_| async move { receiver.await.map_err(|_| "dropped") };
        drop(slots.enter(&1, load));
        assert_eq!(slots.under_way(), [1]);
        sender.send(7).unwrap();
        assert_eq!(slots.enter(&1, |_| async { Ok(8) }).settled().await.unwrap().outcome, Ok(7));
    }

    #[tokio::test]
    async fn a_slot_is_emptied_only_by_who_means_that_load() {
        let (slots, loads) = (slots(), Arc::default());
        ask(&slots, &loads, Ok(7)).await.unwrap();
        let id = slots.settled()[0].1;
        slots.remove(&1, id + 1);
        assert_eq!(ask(&slots, &loads, Ok(8)).await, Ok(7));
        slots.remove(&1, id);
        assert_eq!(ask(&slots, &loads, Ok(8)).await, Ok(8));
    }

    #[tokio::test]
    async fn a_failure_that_is_cleared_is_not_believed() {
        let (slots, loads) = (slots(), Arc::default());
        ask(&slots, &loads, Err("gone")).await.unwrap_err();
        slots.clear_failures(|key| *key == 2);
        assert_eq!(ask(&slots, &loads, Ok(7)).await, Err("gone"));
        slots.clear_failures(|key| *key == 1);
        assert_eq!(ask(&slots, &loads, Ok(7)).await, Ok(7));
    }
}
