//! The service put together: the parts that handlers work with.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use gpu_bridge_encoder::{Device, use_threads};
use parking_lot::Mutex;

use crate::admission::Admission;
use crate::allow::Allowed;
use crate::batch_counts::BatchCounts;
use crate::batcher::Batcher;
use crate::check::Bounds;
use crate::config::Config;
use crate::cpu::CpuWorkers;
use crate::device::{self, DeviceQueue};
use crate::jobs::Jobs;
use crate::keys::{KeyFileError, Keys};
use crate::memory_gauge::MemoryGauge;
use crate::memory_limit::MemoryLimit;
use crate::model::ModelKey;
use crate::registry::{Loading, Registry};
use crate::request_counts::RequestCounts;
use crate::request_id::RequestIds;
use crate::throughput::Throughput;

/// The service as handlers hold it.
pub type Shared = Arc<Service>;

/// Why the service can't be put together.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The device that was asked for isn't there.
    #[error("TORCH_DEVICE: {0}")]
    Device(#[from] gpu_bridge_encoder::Error),
    /// A pattern can't be read.
    #[error("GPU_ALLOWED_MODELS: {0}; write names and globs such as `BAAI/*`, separated by commas")]
    Allowed(#[from] globset::Error),
    /// The key file can't serve.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// The system has no thread to give.
    #[error("the device thread can't be started: {0}")]
    Thread(#[from] io::Error),
}

/// All parts of the service.
pub struct Service {
    /// The settings.
    pub config: Config,
    /// The device that does the work.
    pub device: Device,
    /// Who may come in.
    pub keys: Keys,
    /// How many are in.
    pub admission: Arc<Admission>,
    /// The models.
    pub registry: Arc<Registry>,
    /// The way to the device thread.
    pub queue: Arc<DeviceQueue>,
    /// How fast the device is.
    pub throughput: Arc<Throughput>,
    /// What is being worked on.
    pub jobs: Arc<Jobs>,
    /// CPU work beside the device.
    pub workers: CpuWorkers,
    /// The device's memory.
    pub memory: MemoryGauge,
    /// What requests have come to.
    pub requests: RequestCounts,
    /// What the device has done.
    pub batches: Arc<BatchCounts>,
    /// Names for requests.
    pub ids: RequestIds,
    started: AtomicBool,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Service {
    /// Puts the service together and starts the device thread. Loads nothing yet.
    ///
    /// # Errors
    /// When the settings ask for what isn't there.
    pub fn build(config: Config) -> Result<Shared, BuildError> {
        let device = pick_device(&config)?;
        use_threads(config.threads());
        let allowed = Allowed::new(&config.allowed_patterns(), &config.default_models())?;
        let keys = Keys::new(config.key(), config.key_file())?;
        let queue = Arc::new(Batcher::new(config.budget(device)));
        let throughput = Arc::new(Throughput::default());
        let batches = Arc::<BatchCounts>::default();
        let gauges = (Arc::clone(&throughput), Arc::clone(&batches));
        let thread = device::spawn(device, Arc::clone(&queue), gauges)?;
        Ok(Arc::new(Self {
            device,
            keys,
            admission: Admission::new(config.max_concurrent),
            registry: Registry::new(
                loading(&config, device, &queue, &throughput),
                allowed,
                defaults(&config),
            ),
            queue,
            throughput,
            jobs: Arc::default(),
            workers: CpuWorkers::new(config.threads()),
            memory: MemoryGauge::new(device),
            requests: RequestCounts::default(),
            batches,
            ids: RequestIds::new(SystemTime::now()),
            started: AtomicBool::new(false),
            thread: Mutex::new(Some(thread)),
            config,
        }))
    }

    /// What one request may hold.
    pub fn bounds(&self) -> Bounds {
        Bounds { batch: self.config.max_batch_size, text: self.config.max_text_length }
    }

    /// Loads the default models; from then on the service calls itself healthy.
    pub async fn warm_up(&self) {
        self.registry.preload().await;
        self.started.store(true, Relaxed);
    }

    /// Whether [`warm_up`](Self::warm_up) is through.
    pub fn started(&self) -> bool {
        self.started.load(Relaxed)
    }

    /// Ends the device thread, with whatever it holds.
    pub fn stop_device(&self) {
        self.queue.stop();
        if let Some(thread) = self.thread.lock().take()
            && thread.join().is_err()
        {
            tracing::error!("the device thread panicked");
        }
    }
}

fn pick_device(config: &Config) -> Result<Device, gpu_bridge_encoder::Error> {
    match config.device.as_deref().filter(|name| !name.is_empty()) {
        None => Ok(Device::best()),
        Some(name) => {
            let device: Device = name.parse()?;
            device.check().map(|()| device)
        }
    }
}

fn loading(
    config: &Config,
    device: Device,
    queue: &Arc<DeviceQueue>,
    throughput: &Arc<Throughput>,
) -> Loading {
    Loading {
        resolver: config.resolver(),
        hub: config.hub.hub(),
        device,
        dtypes: config.dtype.clone(),
        limit: config.memory_budget_mb.unwrap_or_else(|| MemoryLimit::of(device)),
        patience: Duration::from_secs(config.load_patience_seconds),
        queue: Arc::clone(queue),
        throughput: Arc::clone(throughput),
    }
}

fn defaults(config: &Config) -> Vec<ModelKey> {
    let always = [ModelKey::embed(&config.model_embed), ModelKey::bertscore(&config.model_bertscore, None)];
    always.into_iter().chain(config.model_rerank.as_ref().map(ModelKey::rerank)).collect()
}
