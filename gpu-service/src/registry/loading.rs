//! One load, from a model's name to its tensors on the device, and the way back.
//!
//! Memory is reserved before anything is read, by the size of the weights; others go for it if they must. Where the device
//! has less than the budget allows, idle models go and the load is tried once more.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::SystemTime;

use gpu_bridge_encoder::Device;
use gpu_bridge_protocol::LoadPhase;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::failure::Failure;
use super::folders::Folders;
use super::memory::{Free, Memory, Seat};
use super::under_way::UnderWay;
use crate::batcher::ModelId;
use crate::device::{DeviceModel, DeviceQueue, Message};
use crate::dtypes::Dtypes;
use crate::model::{Model, ModelKey};
use crate::model_size;

/// See the module.
pub(super) struct Loader {
    pub(super) folders: Arc<Folders>,
    pub(super) device: Device,
    pub(super) dtypes: Dtypes,
    pub(super) queue: Arc<DeviceQueue>,
    pub(super) memory: Arc<Memory>,
    pub(super) under_way: Arc<UnderWay>,
    pub(super) reads: AtomicU64,
    pub(super) removals: AtomicU64,
}

impl Loader {
    /// Loads the model; `seat` is its place in the memory, `free` makes room for it.
    pub(super) async fn load(
        &self,
        id: ModelId,
        key: &ModelKey,
        seat: Seat,
        free: &impl Free,
    ) -> Result<Arc<Model>, Failure> {
        let folder = self.folders.get(key).await?;
        let bytes = self.measure(key, &folder).await;
        let now = SystemTime::now();
        let listed = self.under_way.open(key.name(), key.task(), LoadPhase::Loading, now);
        listed.meter().expect(bytes);
        self.memory.make_room(id, bytes, free).await.map_err(Failure::Full)?;
        let read = || self.read(id, key, folder.clone());
        let (model, tensors) = self.memory.retried(bytes, free, read).await?;
        let exact = model.facts.memory_bytes;
        self.memory.make_room(id, exact.saturating_sub(bytes), free).await.map_err(Failure::Full)?;
        self.queue.send(Message::Install(id, Box::new(tensors)));
        seat.ready(exact);
        Ok(Arc::new(model))
    }

    /// Takes the model's tensors from the device; ends once their memory is free.
    pub(super) async fn remove(&self, id: ModelId, key: &ModelKey) {
        let (freed, done) = oneshot::channel();
        self.queue.send(Message::Remove(id, freed));
        // Nothing is ever sent: the other end is dropped once the tensors are.
        drop(done.await);
        self.removals.fetch_add(1, Relaxed);
        tracing::info!(model = key.label(), "model left memory");
    }

    async fn measure(&self, key: &ModelKey, folder: &Path) -> u64 {
        let (folder, dtype) = (folder.to_owned(), self.dtypes.of(key.name(), key.task()));
        let measured = tokio::task::spawn_blocking(move || model_size::bytes(&folder, dtype)).await;
        measured.unwrap_or_default()
    }

    /// Reads the weights and puts them on the device, on a thread of its own.
    async fn read(
        &self,
        id: ModelId,
        key: &ModelKey,
        folder: PathBuf,
    ) -> Result<(Model, DeviceModel), Failure> {
        self.reads.fetch_add(1, Relaxed);
        let (started, place) = (Instant::now(), folder.display().to_string());
        let (device, dtype, own) = (self.device, self.dtypes.of(key.name(), key.task()), key.clone());
        let read = tokio::task::spawn_blocking(move || own.load(id, &folder, device, dtype)).await;
        let panicked = |_| Failure::Broken("Loading it panicked; the log says where.".to_owned());
        let loaded = read.map_err(panicked)?.map_err(Failure::from)?;
        tracing::info!(model = key.label(), folder = place, took = ?started.elapsed(), "model loaded");
        Ok(loaded)
    }
}
