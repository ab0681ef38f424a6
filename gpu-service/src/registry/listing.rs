//! What the registry holds, as `/info` and `/status` show it.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use gpu_bridge_protocol::{LoadingModel, ModelInfo};

use super::Registry;
use super::failure::Failure;
use super::slots::Settled;
use crate::model::{Model, ModelKey};

impl Registry {
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

    /// How often a model left memory.
    pub fn unloads(&self) -> u64 {
        self.loader.removals.load(Relaxed)
    }

    /// Name, task and bytes of each model in memory. One that is there on several layers is listed for each.
    pub fn sizes(&self) -> Vec<(String, &'static str, u64)> {
        let size = |(key, _, model): (ModelKey, u64, Arc<Model>)| {
            (key.name().to_string(), key.task().as_str(), model.facts.memory_bytes)
        };
        self.loaded().into_iter().map(size).collect()
    }

    /// Bytes that all models hold or have reserved, and what they may hold.
    pub fn budget(&self) -> (u64, Option<u64>) {
        self.memory.held()
    }

    pub(super) fn loaded(&self) -> Vec<(ModelKey, u64, Arc<Model>)> {
        let settled = self.models.settled().into_iter();
        settled.filter_map(|(key, id, settled)| Some((key, id, settled.outcome.ok()?))).collect()
    }

    fn entry(&self, key: &ModelKey, settled: Settled<Arc<Model>, Failure>) -> Option<ModelInfo> {
        match settled.outcome {
            Ok(model) => Some(model.info()),
            Err(_) if !self.is_default(key) => None,
            Err(Failure::Layers(_)) => None, // its caller's mistake, not the model's
            Err(failure) => Some(key.failed(self.refuse(key, key.name(), failure, settled.at).to_string())),
        }
    }
}
