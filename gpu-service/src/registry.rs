//! The models in memory, and the way in.
//!
//! A model is loaded once however many requests ask for it at the same time, away from the device thread, so that
//! the other models go on serving. A load goes on when those who asked for it went away. A failure is remembered
//! for [`RETRY`], so that a missing model isn't searched for on every request.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use futures_util::future::join_all;
use gpu_bridge_encoder::{Device, Dtype, Error};
use gpu_bridge_protocol::ModelInfo;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

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

/// Why a model couldn't be had.
#[derive(Debug, Clone)]
enum Failure {
    /// It isn't on this machine.
    Missing,
    /// It has fewer layers than were asked for.
    Layers(String),
    /// The device has no room for it.
    OutOfMemory(String),
    /// It is here but can't be read.
    Broken(String),
}

#[derive(Clone)]
struct Settled {
    outcome: Result<Arc<Model>, Failure>,
    at: Instant,
}

type Slot = watch::Receiver<Option<Settled>>;

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
    slots: Mutex<HashMap<ModelKey, Slot>>,
    loads: AtomicU64,
}

impl Registry {
    /// An empty one. Only a default model may be unavailable without being unknown.
    pub fn new(loading: Loading, allowed: Allowed, defaults: Vec<ModelKey>) -> Arc<Self> {
        Arc::new(Self { loading, allowed, defaults, slots: Mutex::default(), loads: AtomicU64::new(0) })
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
        let mut slot = self.slot(key, Instant::now());
        let Ok(settled) = timeout(PATIENCE, settled(&mut slot)).await else {
            return Err(ServiceError::ModelLoading { name: asked.to_string(), retry_after: STILL_LOADING });
        };
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
        let mut labels: Vec<String> = self
            .known()
            .into_iter()
            .filter(|(_, settled)| settled.outcome.is_ok())
            .map(|(key, _)| key.label())
            .collect();
        labels.dedup();
        labels
    }

    /// For `/info`: the models in memory, and each default that failed with its reason.
    pub fn info(&self) -> Vec<ModelInfo> {
        let entry = |(key, settled): (ModelKey, Settled)| match settled.outcome {
            Ok(model) => Some(model.info()),
            Err(failure) if self.defaults.contains(&key) => {
                Some(failed(&key, self.refuse(&key, key.name(), failure, settled.at).to_string()))
            }
            Err(_) => None,
        };
        self.known().into_iter().filter_map(entry).collect()
    }

    /// How often a model was loaded from disk.
    pub fn loads(&self) -> u64 {
        self.loads.load(Relaxed)
    }

    fn known(&self) -> BTreeMap<ModelKey, Settled> {
        let slots = self.slots.lock();
        slots.iter().filter_map(|(key, slot)| Some((key.clone(), slot.borrow().clone()?))).collect()
    }

    /// The model's slot; starts a load where there is none, or an old failure.
    fn slot(self: &Arc<Self>, key: &ModelKey, now: Instant) -> Slot {
        let mut slots = self.slots.lock();
        slots.retain(|_, slot| !stale(slot, now));
        if let Some(slot) = slots.get(key) {
            return slot.clone();
        }
        let (sender, slot) = watch::channel(None);
        slots.insert(key.clone(), slot.clone());
        let (registry, key) = (Arc::clone(self), key.clone());
        tokio::spawn(async move {
            let outcome = registry.load(key).await;
            sender.send_replace(Some(Settled { outcome, at: Instant::now() }));
        });
        slot
    }

    async fn load(self: Arc<Self>, key: ModelKey) -> Result<Arc<Model>, Failure> {
        let load = tokio::task::spawn_blocking(move || self.load_now(&key));
        load.await
            .unwrap_or_else(|_| Err(Failure::Broken("loading it panicked; the log says where.".to_owned())))
    }

    fn load_now(&self, key: &ModelKey) -> Result<Arc<Model>, Failure> {
        let folder = self.loading.resolver.find(key.name()).ok_or(Failure::Missing)?;
        let id = ModelId(self.loads.fetch_add(1, Relaxed));
        let started = Instant::now();
        let (model, tensors) = self.read(id, key, &folder)?;
        self.loading.queue.send(Message::Install(id, Box::new(tensors)));
        tracing::info!(model = key.label(), folder = %folder.display(), took = ?started.elapsed(), "model loaded");
        Ok(Arc::new(model))
    }

    fn read(
        &self,
        id: ModelId,
        key: &ModelKey,
        folder: &Path,
    ) -> Result<(Model, crate::device::DeviceModel), Failure> {
        key.load(id, folder, self.loading.device, self.loading.dtype).map_err(|error| match error {
            Error::Layers { .. } => Failure::Layers(error.to_string()),
            Error::OutOfMemory(reason) => Failure::OutOfMemory(reason),
            other => Failure::Broken(other.to_string()),
        })
    }

    fn refuse(&self, key: &ModelKey, asked: &ModelName, failure: Failure, at: Instant) -> ServiceError {
        let retry_after = RETRY.saturating_sub(at.elapsed()).as_secs() + 1;
        let reason = match failure {
            Failure::Layers(reason) => return ServiceError::invalid_field("num_layers", reason),
            Failure::OutOfMemory(reason) => return ServiceError::OutOfMemory { reason, retry_after },
            Failure::Broken(reason) => format!("is here but can't be loaded. {reason}"),
            Failure::Missing => format!(
                "isn't on this machine. {}. The service {}.",
                self.available(),
                self.loading.resolver.explain()
            ),
        };
        let name = asked.to_string();
        if self.defaults.contains(key) {
            ServiceError::ModelUnavailable { name, reason, retry_after }
        } else {
            ServiceError::ModelNotFound { name, reason }
        }
    }

    fn not_allowed(&self, asked: &ModelName) -> ServiceError {
        let reason = format!("isn't allowed here; allowed are the defaults and {}.", self.allowed.describe());
        ServiceError::ModelNotFound { name: asked.to_string(), reason }
    }

    fn available(&self) -> String {
        let names = self.loading.resolver.names();
        let allowed = names.iter().filter(|name| self.allowed.allows(name)).map(ToString::to_string);
        let names: Vec<String> = allowed.take(LISTED).collect();
        if names.is_empty() {
            "There is no model yet".to_owned()
        } else {
            format!("There are {}", names.join(", "))
        }
    }
}

async fn settled(slot: &mut Slot) -> Settled {
    let lost = || Settled {
        outcome: Err(Failure::Broken("the service is stopping.".to_owned())),
        at: Instant::now(),
    };
    slot.wait_for(Option::is_some).await.ok().and_then(|settled| settled.clone()).unwrap_or_else(lost)
}

fn stale(slot: &Slot, now: Instant) -> bool {
    let settled = slot.borrow();
    settled
        .as_ref()
        .is_some_and(|settled| settled.outcome.is_err() && now.saturating_duration_since(settled.at) >= RETRY)
}

fn failed(key: &ModelKey, error: String) -> ModelInfo {
    ModelInfo {
        name: key.name().to_string(),
        task: key.task(),
        dtype: None,
        dimensions: None,
        max_seq_length: None,
        memory_mb: None,
        fingerprint: None,
        error: Some(error),
    }
}
