//! The one thread that owns every tensor.
//!
//! It takes messages and batches from the [`Batcher`](crate::batcher::Batcher), runs the passes, and sends answers
//! back. Models are loaded elsewhere and moved in; nothing else ever touches them. A fault in a batch ends the
//! jobs it belongs to, never the thread.

pub mod answer;
pub mod isolate;
mod passes;
pub mod row_job;
pub mod score_job;

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use gpu_bridge_encoder::{BertScorer, CrossEncoder, Device, Embedder};
use tokio::sync::oneshot;
use tokio::time::Instant;

use self::passes::Ended;
use self::row_job::RowJob;
use self::score_job::ScoreJob;
use crate::batch_counts::BatchCounts;
use crate::batcher::{Batcher, Class, ModelId, Pass, Work};
use crate::queue::{Batch, JobId};
use crate::throughput::Throughput;

/// A model with its tensors.
pub enum DeviceModel {
    /// Texts to vectors.
    Embed(Embedder),
    /// Candidates against references.
    Score(BertScorer),
    /// Documents by relevance to a query.
    Rerank(CrossEncoder),
}

/// A request's work.
#[derive(Debug)]
pub enum Job {
    /// For an embedder or a cross-encoder.
    Rows(RowJob),
    /// For a scorer.
    Score(ScoreJob),
}

/// What is sent to the device thread.
pub enum Message {
    /// A model that was loaded.
    Install(ModelId, Box<DeviceModel>),
    /// A model whose memory is needed; the sender is dropped once it is free.
    Remove(ModelId, oneshot::Sender<()>),
    /// A job whose items are in the queue.
    Start(JobId, Box<Job>),
}

/// The batcher in front of the device thread.
pub type DeviceQueue = Batcher<Message>;

/// Starts the thread. It ends when the queue is stopped.
///
/// # Errors
/// When the system has no thread to give.
pub fn spawn(
    device: Device,
    queue: Arc<DeviceQueue>,
    (throughput, batches): (Arc<Throughput>, Arc<BatchCounts>),
) -> io::Result<JoinHandle<()>> {
    let worker = Worker { device, models: HashMap::new(), jobs: HashMap::new(), queue, throughput, batches };
    std::thread::Builder::new().name("device".to_owned()).spawn(move || worker.run())
}

struct Worker {
    device: Device,
    models: HashMap<ModelId, DeviceModel>,
    jobs: HashMap<JobId, Job>,
    queue: Arc<DeviceQueue>,
    throughput: Arc<Throughput>,
    batches: Arc<BatchCounts>,
}

/// Nobody may wait for a thread that is gone.
struct StopOnExit(Arc<DeviceQueue>);

impl Drop for StopOnExit {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl Worker {
    fn run(mut self) {
        let _guard = StopOnExit(Arc::clone(&self.queue));
        while let Some(work) = self.queue.next(Instant::now) {
            match work {
                Work::Message(Message::Install(id, model)) => drop(self.models.insert(id, *model)),
                Work::Message(Message::Remove(id, freed)) => self.remove(id, freed),
                Work::Message(Message::Start(id, job)) => drop(self.jobs.insert(id, *job)),
                Work::Closed(id) => drop(self.jobs.remove(&id)),
                Work::Batch(batch) => self.run_batch(&batch),
            }
        }
    }

    fn remove(&mut self, id: ModelId, freed: oneshot::Sender<()>) {
        drop(self.models.remove(&id));
        if let Err(error) = self.device.empty_cache() {
            tracing::warn!("memory of a model that went stays with libtorch: {error}");
        }
        drop(freed);
    }

    fn run_batch(&mut self, batch: &Batch<Class>) {
        let started = Instant::now();
        for entry in &batch.entries {
            self.begin(entry.job);
        }
        let ended = self.pass(batch);
        for (job, items) in ended.follow {
            self.queue.follow(job, items);
        }
        for job in ended.over {
            self.jobs.remove(&job);
            self.queue.close(job);
        }
        self.count(batch, started.elapsed());
        if ended.broken {
            tracing::error!("the device is broken; nothing more is run on it. Restart the service");
            self.queue.stop();
        }
    }

    fn pass(&mut self, batch: &Batch<Class>) -> Ended {
        let jobs = &mut self.jobs;
        match (self.models.get(&batch.class.model), batch.class.pass) {
            (Some(DeviceModel::Embed(model)), Pass::Encode) => {
                passes::rows(|texts| model.embed(texts), jobs, batch)
            }
            (Some(DeviceModel::Rerank(model)), Pass::Encode) => {
                passes::rows(|pairs| model.logits(pairs), jobs, batch)
            }
            (Some(DeviceModel::Score(model)), Pass::Encode) => passes::encode(model, jobs, batch),
            (Some(DeviceModel::Score(model)), Pass::Match) => passes::score(model, jobs, batch),
            (_, _) => passes::refuse(jobs, batch),
        }
    }

    fn begin(&mut self, job: JobId) {
        match self.jobs.get_mut(&job) {
            Some(Job::Rows(job)) => job.answer().begin(),
            Some(Job::Score(job)) => job.answer().begin(),
            None => {}
        }
    }

    /// Only encoding tells how fast the device is: a match is priced far below its tokens.
    fn count(&self, batch: &Batch<Class>, took: Duration) {
        let tokens = batch.entries.iter().map(|entry| u64::from(entry.tokens)).sum();
        if batch.class.pass == Pass::Encode {
            self.throughput.record(tokens, took);
        }
        self.batches.record(batch.class.pass, batch.entries.len(), tokens, took);
        tracing::debug!(pass = ?batch.class.pass, items = batch.entries.len(), tokens, ?took, "batch");
    }
}
