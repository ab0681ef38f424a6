//! The models in memory, and the way in.
//!
//! A model is loaded once however many requests ask for it at the same time, away from the device thread, so that
//! the other models go on serving. A failure is remembered for [`RETRY`], so that a missing model isn't searched for
//! on every request.

mod failure;
mod slots;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use futures_util::future::join_all;
use gpu_bridge_encoder::{Device, Dtype};
use gpu_bridge_protocol::ModelInfo;
use tokio::time::{Instant, timeout};

use self::failure::Failure;
use self::slots::{Settled, Slots};
use crate::allow::Allowed;
use crate::batcher::ModelId;
use crate::device::{DeviceQueue, Message};
use crate::error::ServiceError;
use crate::model::{Model, ModelKey};
use crate::model_name::ModelName;
use crate::resolve::Resolver;

/// How long a failure is believed.
const RETRY: Duration = Duration::from_secs(10);
/// How long a request waits for a load before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(30);
/// Seconds after which a load that took longer than [`PATIENCE`] is worth asking for again.
const STILL_LOADING: u64 = 5;
/// Most models that a refusal lists.
const LISTED: usize = 20;

type Loaded = Settled<Arc<Model>, Failure>;

/// Where and how models are loaded.
pub struct Loading {
    /// Finds their folders.
    pub resolver: Resolver,
    /// Where they go.
    pub device: Device,
    /// Number format of their weights.
    pub dtype: Dtype,
    /// To the thread that runs them.
    pub queue: Arc<DeviceQueue>,
}

/// See the module.
pub struct Registry {
    loading: Loading,
    allowed: Allowed,
    defaults: Vec<ModelKey>,
    slots: Slots<ModelKey, Arc<Model>, Failure>,
    loads: AtomicU64,
}

impl Registry {
    /// An empty one.
    pub fn new(loading: Loading, allowed: Allowed, defaults: Vec<ModelKey>) -> Arc<Self> {
        Arc::new(Self { loading, allowed, defaults, slots: Slots::new(RETRY), loads: AtomicU64::new(0) })
    }

    /// The model, loaded if need be. `asked` is how the caller named it.
    ///
    /// # Errors
    /// `model_not_found`, `model_unavailable` for a default, `model_loading`, `invalid_field` for too many layers.
    pub async fn get(
        self: &Arc<Self>,
        key: &ModelKey,
        asked: &ModelName,
    ) -> Result<Arc<Model>, ServiceError> {
        if !self.allowed.allows(asked) {
            return Err(self.not_allowed(asked));
        }
        self.slots.forget(|key| self.defaults.contains(key));
        let load = || Arc::clone(self).load(key.clone());
        let loading = ServiceError::ModelLoading { name: asked.to_string(), retry_after: STILL_LOADING };
        let settled = timeout(PATIENCE, self.slots.get(key, load)).await.ok().flatten().ok_or(loading)?;
        settled.outcome.map_err(|failure| self.refuse(key, asked, failure, settled.at))
    }

    /// Loads the default models; ends when each is in memory or has failed.
    pub async fn preload(self: &Arc<Self>) {
        let one = |key: ModelKey| async move {
            if let Err(error) = self.get(&key, key.name()).await {
                tracing::error!("{error}");
            }
        };
        join_all(self.defaults.iter().cloned().map(one)).await;
    }

    /// Labels of the models in memory, as 0.2 wrote them.
    pub fn labels(&self) -> Vec<String> {
        let loaded = self.slots.settled().into_iter().filter(|(_, settled)| settled.outcome.is_ok());
        let mut labels: Vec<String> = loaded.map(|(key, _)| key.label()).collect();
        labels.dedup();
        labels
    }

    /// For `/info`: the models in memory, and each default that failed with its reason.
    pub fn info(&self) -> Vec<ModelInfo> {
        self.slots.settled().into_iter().filter_map(|(key, settled)| self.entry(&key, settled)).collect()
    }

    /// How often a model was read from disk.
    pub fn loads(&self) -> u64 {
        self.loads.load(Relaxed)
    }

    fn entry(&self, key: &ModelKey, settled: Loaded) -> Option<ModelInfo> {
        match settled.outcome {
            Ok(model) => Some(model.info()),
            Err(_) if !self.defaults.contains(key) => None,
            Err(failure) => Some(key.failed(self.refuse(key, key.name(), failure, settled.at).to_string())),
        }
    }

    async fn load(self: Arc<Self>, key: ModelKey) -> Result<Arc<Model>, Failure> {
        let panicked = |_| Err(Failure::Broken("Loading it panicked; the log says where.".to_owned()));
        tokio::task::spawn_blocking(move || self.load_now(&key)).await.unwrap_or_else(panicked)
    }

    fn load_now(&self, key: &ModelKey) -> Result<Arc<Model>, Failure> {
        let Loading { resolver, device, dtype, queue } = &self.loading;
        let folder = resolver.find(key.name()).ok_or_else(|| Failure::Missing(self.explain()))?;
        let id = ModelId(self.loads.fetch_add(1, Relaxed));
        let started = Instant::now();
        let (model, tensors) = key.load(id, &folder, *device, *dtype)?;
        queue.send(Message::Install(id, Box::new(tensors)));
        tracing::info!(model = key.label(), folder = %folder.display(), took = ?started.elapsed(), "model loaded");
        Ok(Arc::new(model))
    }

    fn refuse(&self, key: &ModelKey, asked: &ModelName, failure: Failure, at: Instant) -> ServiceError {
        let retry_after = RETRY.saturating_sub(at.elapsed()).as_secs() + 1;
        failure.refusal(asked.to_string(), self.defaults.contains(key), retry_after)
    }

    fn not_allowed(&self, asked: &ModelName) -> ServiceError {
        let reason = format!("isn't allowed here; allowed are the defaults and {}.", self.allowed.describe());
        ServiceError::ModelNotFound { name: asked.to_string(), reason }
    }

    /// What is there instead of a missing model, and where it was looked for.
    fn explain(&self) -> String {
        let names = self.loading.resolver.names();
        let allowed = names.iter().filter(|name| self.allowed.allows(name)).map(ToString::to_string);
        let names: Vec<String> = allowed.take(LISTED).collect();
        let there = if names.is_empty() { "no model yet".to_owned() } else { names.join(", ") };
        format!("There is {there}. The service {}.", self.loading.resolver.explain())
    }
}
