//! The models in memory, and the way in and out.
//!
//! A model is fetched and loaded once however many requests ask for it at the same time, away from the device thread, so that
//! the other models go on serving. Whoever gets it holds a [`ModelLease`]; only what nobody holds goes when others need the
//! memory, the models used the longest ago first. A failure is remembered for a while, so that a missing model isn't
//! searched for on every request.

mod failure;
mod folders;
mod lease;
mod ledger;
mod listing;
mod loading;
mod manage;
mod memory;
mod slots;
mod under_way;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use futures_util::future::join_all;
use gpu_bridge_encoder::Device;
use parking_lot::Mutex;
use tokio::time::{Instant, timeout};

pub use self::lease::ModelLease;
pub use self::manage::Managed;

use self::failure::{Failure, RETRY};
use self::folders::Folders;
use self::loading::Loader;
use self::memory::{Free, Memory};
use self::slots::{Settled, Slots};
use self::under_way::UnderWay;
use crate::allow::Allowed;
use crate::batcher::ModelId;
use crate::device::DeviceQueue;
use crate::dtypes::Dtypes;
use crate::error::ServiceError;
use crate::hub::Hub;
use crate::memory_limit::MemoryLimit;
use crate::model::{Model, ModelKey};
use crate::model_name::ModelName;
use crate::model_size;
use crate::resolve::Resolver;
use crate::throughput::Throughput;

/// Where and how models are loaded.
pub struct Loading {
    /// Finds their folders.
    pub resolver: Resolver,
    /// Fetches those that aren't here.
    pub hub: Hub,
    /// Where they go.
    pub device: Device,
    /// Number formats of their weights.
    pub dtypes: Dtypes,
    /// How much they may take there.
    pub limit: MemoryLimit,
    /// How long a request waits for a load before it is told to come back.
    pub patience: Duration,
    /// To the thread that runs them.
    pub queue: Arc<DeviceQueue>,
    /// How fast that is.
    pub throughput: Arc<Throughput>,
}

/// See the module.
pub struct Registry {
    allowed: Allowed,
    defaults: Vec<ModelKey>,
    patience: Duration,
    models: Slots<ModelKey, Arc<Model>, Failure>,
    folders: Arc<Folders>,
    memory: Arc<Memory>,
    under_way: Arc<UnderWay>,
    loader: Loader,
    throughput: Arc<Throughput>,
    /// How many layers a scorer has where nobody says how many are wanted.
    depths: Mutex<BTreeMap<ModelName, usize>>,
}

impl Registry {
    /// An empty one.
    pub fn new(loading: Loading, allowed: Allowed, defaults: Vec<ModelKey>) -> Arc<Self> {
        let Loading { resolver, hub, device, dtypes, limit, patience, queue, throughput } = loading;
        let (memory, under_way) = (Memory::new(limit.0), Arc::<UnderWay>::default());
        let folders = Folders::new(resolver, hub, allowed.clone(), Arc::clone(&under_way));
        let loader = Loader {
            folders: Arc::clone(&folders),
            device,
            dtypes,
            queue,
            memory: Arc::clone(&memory),
            under_way: Arc::clone(&under_way),
            reads: AtomicU64::new(0),
            removals: AtomicU64::new(0),
        };
        let models = Slots::new(|outcome: &Result<_, Failure>| outcome.as_ref().err().map(Failure::believed));
        let depths = Mutex::default();
        Arc::new(Self {
            allowed,
            defaults,
            patience,
            models,
            folders,
            memory,
            under_way,
            loader,
            throughput,
            depths,
        })
    }

    /// The model, fetched and loaded if need be. `asked` is how the caller named it.
    ///
    /// # Errors
    /// `model_not_found`, `model_unavailable`, `model_loading`, `out_of_memory`, `invalid_field` for too many layers.
    pub async fn get(
        self: &Arc<Self>,
        key: &ModelKey,
        asked: &ModelName,
    ) -> Result<ModelLease, ServiceError> {
        if !self.allowed.allows(asked, key.task()) {
            return Err(self.not_allowed(asked));
        }
        self.models.forget(|key| self.is_default(key));
        match timeout(self.patience, self.obtain(key)).await {
            Ok(outcome) => outcome.map_err(|(failure, at)| self.refuse(key, asked, failure, at)),
            Err(_) => Err(self.still_loading(key, asked)),
        }
    }

    /// Loads the default models; ends when each is in memory, has failed or takes longer than a request would wait.
    pub async fn preload(self: &Arc<Self>) {
        let one = |key: ModelKey| async move {
            match self.get(&key, key.name()).await {
                Ok(_) => {}
                Err(error @ ServiceError::ModelLoading { .. }) => tracing::warn!("{error}"),
                Err(error) => tracing::error!("{error}"),
            }
        };
        join_all(self.defaults.iter().cloned().map(one)).await;
    }

    /// Waits for the model, however long it takes.
    async fn obtain(self: &Arc<Self>, key: &ModelKey) -> Result<ModelLease, (Failure, Instant)> {
        let key = self.exact(key).await;
        loop {
            let slot = self.models.enter(&key, |id| self.start(ModelId(id), key.clone()));
            let (id, lease) = (slot.id, self.memory.lease(ModelId(slot.id)));
            let Some(Settled { outcome, at }) = slot.settled().await else {
                return Err((Failure::Broken("The service is stopping.".to_owned()), Instant::now()));
            };
            let model = outcome.map_err(|failure| (failure, at))?;
            match lease {
                Some(lease) => return Ok(ModelLease::new(model, lease)),
                // It was on its way out.
                None => self.models.remove(&key, id),
            }
        }
    }

    /// The key by which the model is in memory: the last layer by its number, so that who names it and who doesn't share a copy.
    async fn exact(&self, key: &ModelKey) -> ModelKey {
        if !key.wants_last_layer() {
            return key.clone();
        }
        let known = self.depths.lock().get(key.name()).copied();
        let depth = if known.is_some() { known } else { self.depth(key).await };
        depth.map_or_else(|| key.clone(), |layers| key.with_layers(layers))
    }

    async fn depth(&self, key: &ModelKey) -> Option<usize> {
        let folder = self.folders.get(key).await.ok()?;
        let layers = tokio::task::spawn_blocking(move || model_size::layers(&folder)).await.ok()??;
        self.depths.lock().insert(key.name().clone(), layers);
        Some(layers)
    }

    /// A load that goes on by itself. It has its place in the memory before it starts, so that it can be leased.
    fn start(
        self: &Arc<Self>,
        id: ModelId,
        key: ModelKey,
    ) -> impl Future<Output = Result<Arc<Model>, Failure>> + Send + 'static {
        let seat = self.memory.seat(id, key.clone(), self.is_default(&key));
        let registry = Arc::clone(self);
        async move { registry.loader.load(id, &key, seat, &*registry).await }
    }

    fn is_default(&self, key: &ModelKey) -> bool {
        self.defaults.iter().any(|default| default.is_same_model(key))
    }

    fn refuse(&self, key: &ModelKey, asked: &ModelName, failure: Failure, at: Instant) -> ServiceError {
        let retry_after = match failure {
            // Memory is free again when the work that holds it is done.
            Failure::Full(_) => self.throughput.seconds_for(self.loader.queue.queued_tokens()),
            _ => RETRY.saturating_sub(at.elapsed()).as_secs() + 1,
        };
        failure.refusal(asked.to_string(), self.is_default(key), retry_after)
    }

    fn still_loading(&self, key: &ModelKey, asked: &ModelName) -> ServiceError {
        let retry_after = self.under_way.retry_after(key.name());
        ServiceError::ModelLoading { name: asked.to_string(), retry_after }
    }

    fn not_allowed(&self, asked: &ModelName) -> ServiceError {
        let reason = format!("isn't allowed here; allowed are the defaults and {}.", self.allowed.describe());
        ServiceError::ModelNotFound { name: asked.to_string(), reason }
    }
}

impl Free for Registry {
    async fn free(&self, id: ModelId, key: &ModelKey) {
        self.models.remove(key, id.0);
        self.loader.remove(id, key).await;
    }
}
