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
mod loading;
mod memory;
mod slots;
mod under_way;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use futures_util::future::join_all;
use gpu_bridge_encoder::Device;
use gpu_bridge_protocol::{LoadingModel, ModelInfo};
use parking_lot::Mutex;
use tokio::time::{Instant, timeout};

pub use self::lease::ModelLease;

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

/// What became of a wish to have a model in memory or out of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Managed {
    /// The model's entry in `/info`.
    pub entry: ModelInfo,
    /// Whether it is done; else it goes on.
    pub done: bool,
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
        if !self.allowed.allows(asked) {
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

    /// Brings a model into memory, whatever failed before.
    ///
    /// # Errors
    /// As [`get`](Self::get), but a model that takes long is no error.
    pub async fn load(self: &Arc<Self>, key: &ModelKey, asked: &ModelName) -> Result<Managed, ServiceError> {
        self.models.clear_failures(|other| other.is_same_model(key));
        self.folders.clear_failure(key);
        match self.get(key, asked).await {
            Ok(model) => Ok(Managed { entry: model.info(), done: true }),
            Err(ServiceError::ModelLoading { .. }) => Ok(Managed { entry: key.on_its_way(), done: false }),
            Err(error) => Err(error),
        }
    }

    /// Puts a model out of memory, with every number of layers it is there with, once nobody uses it any more. Who asks for it
    /// meanwhile loads it anew.
    ///
    /// # Errors
    /// `model_loading` while it is on its way, `model_not_found` when it isn't in memory.
    pub async fn unload(
        self: &Arc<Self>,
        key: &ModelKey,
        asked: &ModelName,
    ) -> Result<Managed, ServiceError> {
        let loaded = self.loaded().into_iter().filter(|(other, ..)| other.is_same_model(key));
        let copies: Vec<_> = loaded.collect();
        let Some(entry) = copies.first().map(|(_, _, model)| model.info()) else {
            return Err(self.not_loaded(key, asked));
        };
        self.depths.lock().remove(key.name());
        let retiring = copies.into_iter().map(|(key, id, _)| {
            self.models.remove(&key, id);
            let registry = Arc::clone(self);
            tokio::spawn(async move { registry.memory.retire(ModelId(id), &key, &*registry).await })
        });
        let done = timeout(self.patience, join_all(retiring)).await.is_ok();
        Ok(Managed { entry, done })
    }

    /// Labels of the models in memory, as 0.2 wrote them.
    pub fn labels(&self) -> Vec<String> {
        let mut labels: Vec<String> = self.loaded().into_iter().map(|(key, ..)| key.label()).collect();
        labels.dedup();
        labels
    }

    /// For `/info`: the models in memory, and each default that failed with its reason.
    pub fn info(&self) -> Vec<ModelInfo> {
        let settled = self.models.settled();
        settled.into_iter().filter_map(|(key, _, settled)| self.entry(&key, settled)).collect()
    }

    /// For `/status`: the models on their way into memory.
    pub fn loading(&self) -> Vec<LoadingModel> {
        self.under_way.show()
    }

    /// How often a model was read from disk.
    pub fn loads(&self) -> u64 {
        self.loader.reads.load(Relaxed)
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

    fn loaded(&self) -> Vec<(ModelKey, u64, Arc<Model>)> {
        let settled = self.models.settled().into_iter();
        settled.filter_map(|(key, id, settled)| Some((key, id, settled.outcome.ok()?))).collect()
    }

    fn is_default(&self, key: &ModelKey) -> bool {
        self.defaults.iter().any(|default| default.is_same_model(key))
    }

    fn entry(&self, key: &ModelKey, settled: Settled<Arc<Model>, Failure>) -> Option<ModelInfo> {
        match settled.outcome {
            Ok(model) => Some(model.info()),
            Err(_) if !self.is_default(key) => None,
            Err(failure) => Some(key.failed(self.refuse(key, key.name(), failure, settled.at).to_string())),
        }
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

    fn not_loaded(&self, key: &ModelKey, asked: &ModelName) -> ServiceError {
        if self.models.under_way().iter().any(|other| other.is_same_model(key)) {
            return self.still_loading(key, asked);
        }
        let labels = self.labels();
        let there = if labels.is_empty() { "nothing".to_owned() } else { labels.join(", ") };
        let reason = format!("isn't in memory for {}; in memory is {there}.", key.task().as_str());
        ServiceError::ModelNotFound { name: asked.to_string(), reason }
    }
}

impl Free for Registry {
    async fn free(&self, id: ModelId, key: &ModelKey) {
        self.models.remove(key, id.0);
        self.loader.remove(id, key).await;
    }
}
