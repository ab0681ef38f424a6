//! The memory for models, waited for and given back: the [`Ledger`] with a way to free what has to go.

use std::future::Future;
use std::sync::Arc;

use futures_util::future::join_all;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::failure::Failure;
use super::ledger::{Leave, Ledger, Room};
use crate::batcher::ModelId;
use crate::model::ModelKey;

/// See the module.
#[derive(Debug)]
pub(super) struct Memory {
    ledger: Mutex<Ledger>,
    changed: Notify,
}

/// Frees the memory of a model that nobody gets any more.
pub(super) trait Free: Sync {
    /// Ends once the memory is free.
    fn free(&self, id: ModelId, key: &ModelKey) -> impl Future<Output = ()> + Send;
}

/// Keeps a model from going while it is used or waited for.
#[derive(Debug)]
pub(super) struct Lease {
    memory: Arc<Memory>,
    id: ModelId,
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.memory.change(|ledger| ledger.release(self.id));
    }
}

/// A model's place in the ledger while it is loaded; given back with the guard unless the model is [`ready`](Self::ready).
#[derive(Debug)]
pub(super) struct Seat {
    memory: Arc<Memory>,
    id: ModelId,
    kept: bool,
}

impl Seat {
    /// The model is in memory and takes so many bytes.
    pub(super) fn ready(mut self, bytes: u64) {
        self.kept = true;
        self.memory.change(|ledger| ledger.ready(self.id, bytes));
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if !self.kept {
            self.memory.change(|ledger| ledger.gone(self.id));
        }
    }
}

impl Memory {
    /// So many bytes for all models.
    pub(super) fn new(limit: Option<u64>) -> Arc<Self> {
        Arc::new(Self { ledger: Mutex::new(Ledger::new(limit)), changed: Notify::new() })
    }

    /// A place for a model that will be loaded; it can be leased from now on.
    pub(super) fn seat(self: &Arc<Self>, id: ModelId, key: ModelKey, default: bool) -> Seat {
        self.change(|ledger| ledger.open(id, key, default));
        Seat { memory: Arc::clone(self), id, kept: false }
    }

    /// `None` for a model that is gone or going.
    pub(super) fn lease(self: &Arc<Self>, id: ModelId) -> Option<Lease> {
        let leased = self.ledger.lock().lease(id);
        leased.then(|| Lease { memory: Arc::clone(self), id })
    }

    /// Bytes that are held or reserved, and how many may be.
    pub(super) fn held(&self) -> (u64, Option<u64>) {
        let ledger = self.ledger.lock();
        (ledger.held(), ledger.limit())
    }

    /// Waits for so many bytes more, for which others may have to go; `free` frees the memory of one.
    ///
    /// # Errors
    /// Says who holds the memory when none is to be had.
    pub(super) async fn make_room(&self, id: ModelId, bytes: u64, free: &impl Free) -> Result<(), String> {
        loop {
            let changed = self.changed.notified();
            let room = self.ledger.lock().reserve(id, bytes);
            match room {
                Room::Granted => return Ok(()),
                Room::Evict(victims) => self.dismiss(victims, free).await,
                Room::Wait => changed.await,
                Room::Full(holders) => return Err(holders),
            }
        }
    }

    /// What comes of `attempt`. Where the device turns out to be full although the ledger isn't, idle models of so many bytes go,
    /// and it is made once more.
    ///
    /// # Errors
    /// The last attempt's.
    pub(super) async fn retried<T, F>(
        &self,
        bytes: u64,
        free: &impl Free,
        attempt: impl Fn() -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let outcome = attempt().await;
        let Err(Failure::OutOfMemory(reason)) = &outcome else { return outcome };
        let victims = self.ledger.lock().evict(bytes);
        if victims.is_empty() {
            return outcome;
        }
        tracing::warn!("{reason} Trying again with {} models less", victims.len());
        self.dismiss(victims, free).await;
        attempt().await
    }

    /// Waits until nobody uses the model, and frees it.
    pub(super) async fn retire(&self, id: ModelId, key: &ModelKey, free: &impl Free) {
        loop {
            let changed = self.changed.notified();
            let leave = self.ledger.lock().leave(id);
            match leave {
                Leave::Now => return self.dismiss(vec![(id, key.clone())], free).await,
                Leave::Later => changed.await,
                Leave::Gone => return,
            }
        }
    }

    async fn dismiss(&self, victims: Vec<(ModelId, ModelKey)>, free: &impl Free) {
        let one = |(id, key): (ModelId, ModelKey)| async move {
            free.free(id, &key).await;
            self.change(|ledger| ledger.gone(id));
        };
        join_all(victims.into_iter().map(one)).await;
    }

    fn change(&self, change: impl FnOnce(&mut Ledger)) {
        change(&mut self.ledger.lock());
        self.changed.notify_waiters();
    }
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
