//! A loaded model as the async side sees it: everything but the tensors.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use gpu_bridge_encoder::bertscore;
use gpu_bridge_encoder::{
    BertScorer, CrossEncoder, Device, Dtype, Embedder, Error, ModelFacts, PairTokenizer, ScoreHead,
    Tokenizer, VectorHead,
};
use gpu_bridge_protocol::{ModelInfo, Task};

use crate::batcher::ModelId;
use crate::device::DeviceModel;
use crate::model_name::ModelName;

/// What makes a model in memory different from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelKey {
    task: Task,
    name: ModelName,
    layers: Option<usize>,
}

impl ModelKey {
    /// An embedder.
    pub fn embed(name: &ModelName) -> Self {
        Self { task: Task::Embed, name: name.canonical(Task::Embed), layers: None }
    }

    /// A scorer on the output of a layer: the one asked for, else the reference's choice, else the last.
    pub fn bertscore(name: &ModelName, layers: Option<usize>) -> Self {
        let layers = layers.or_else(|| bertscore::layers_for(name.as_str()));
        Self { task: Task::Bertscore, name: name.canonical(Task::Bertscore), layers }
    }

    /// A cross-encoder.
    pub fn rerank(name: &ModelName) -> Self {
        Self { task: Task::Rerank, name: name.canonical(Task::Rerank), layers: None }
    }

    /// The model's plain name.
    pub fn name(&self) -> &ModelName {
        &self.name
    }

    /// What it is for.
    pub fn task(&self) -> Task {
        self.task
    }

    /// Whether both are the same model for the same task, whatever their layers.
    pub fn is_same_model(&self, other: &Self) -> bool {
        (self.task, &self.name) == (other.task, &other.name)
    }

    /// Whether it is a scorer on whichever layer is the model's last.
    pub(crate) fn wants_last_layer(&self) -> bool {
        self.task() == Task::Bertscore && self.layers.is_none()
    }

    /// The same on that layer.
    pub(crate) fn with_layers(&self, layers: usize) -> Self {
        Self { layers: Some(layers), ..self.clone() }
    }

    /// `embed:NAME` or `bertscore:NAME`, as in 0.2, or `rerank:NAME`.
    pub fn label(&self) -> String {
        format!("{}:{}", self.task.as_str(), self.name)
    }

    /// The entry in `/info` of a model that couldn't be had.
    pub(crate) fn failed(&self, error: String) -> ModelInfo {
        ModelInfo { error: Some(error), ..self.on_its_way() }
    }

    /// The entry of a model that isn't in memory yet.
    pub(crate) fn on_its_way(&self) -> ModelInfo {
        ModelInfo {
            name: self.name.to_string(),
            task: self.task(),
            dtype: None,
            dimensions: None,
            max_seq_length: None,
            memory_mb: None,
            fingerprint: None,
            error: None,
        }
    }

    /// Reads the model and puts it on the device; takes seconds.
    pub(crate) fn load(
        &self,
        id: ModelId,
        folder: &Path,
        device: Device,
        dtype: Dtype,
    ) -> Result<(Model, DeviceModel), Error> {
        match self.task() {
            Task::Embed => {
                let embedder = Embedder::load(folder, device, dtype)?;
                Ok((Model::of_embedder(id, self, &embedder), DeviceModel::Embed(embedder)))
            }
            Task::Bertscore => {
                let scorer = BertScorer::load(folder, self.layers, self.name.as_str(), device, dtype)?;
                Ok((Model::of_scorer(id, self, &scorer), DeviceModel::Score(scorer)))
            }
            Task::Rerank => {
                let encoder = CrossEncoder::load(folder, device, dtype)?;
                Ok((Model::of_cross_encoder(id, self, &encoder), DeviceModel::Rerank(encoder)))
            }
        }
    }
}

/// See the module.
pub struct Model {
    /// Its name on the device thread.
    pub id: ModelId,
    /// What it is.
    pub key: ModelKey,
    /// Texts to tokens.
    pub tokenizer: Arc<Tokenizer>,
    /// For `/info`.
    pub facts: ModelFacts,
    /// What only one kind of model has.
    pub kind: Kind,
}

/// See [`Model::kind`].
pub enum Kind {
    /// An embedder.
    Embed {
        /// From the device's rows to vectors.
        head: VectorHead,
        /// By name, from the model's own configuration.
        prompts: BTreeMap<String, String>,
        /// The prompt where a request names none.
        default_prompt: Option<String>,
    },
    /// A scorer.
    Score {
        /// The layer it scores on.
        num_layers: usize,
    },
    /// A cross-encoder.
    Rerank {
        /// From the device's raw outputs to scores.
        head: ScoreHead,
        /// Query and document to tokens.
        pairs: PairTokenizer,
    },
}

impl Model {
    fn of_embedder(id: ModelId, key: &ModelKey, embedder: &Embedder) -> Self {
        let kind = Kind::Embed {
            head: embedder.head(),
            prompts: embedder.prompts().clone(),
            default_prompt: embedder.default_prompt().map(str::to_owned),
        };
        Self { id, key: key.clone(), tokenizer: embedder.tokenizer(), facts: embedder.facts().clone(), kind }
    }

    fn of_scorer(id: ModelId, key: &ModelKey, scorer: &BertScorer) -> Self {
        let kind = Kind::Score { num_layers: scorer.num_layers() };
        Self { id, key: key.clone(), tokenizer: scorer.tokenizer(), facts: scorer.facts().clone(), kind }
    }

    fn of_cross_encoder(id: ModelId, key: &ModelKey, encoder: &CrossEncoder) -> Self {
        let pairs = encoder.tokenizer();
        let tokenizer = Arc::clone(pairs.single());
        let kind = Kind::Rerank { head: encoder.head(), pairs };
        Self { id, key: key.clone(), tokenizer, facts: encoder.facts().clone(), kind }
    }

    /// The model's entry in `/info`.
    pub fn info(&self) -> ModelInfo {
        ModelInfo {
            name: self.key.name().to_string(),
            task: self.key.task(),
            dtype: Some(self.facts.dtype.to_string()),
            dimensions: (self.key.task != Task::Rerank).then_some(self.facts.dimensions),
            max_seq_length: Some(self.facts.max_seq_length),
            memory_mb: Some(self.facts.memory_bytes as f64 / (1024.0 * 1024.0)),
            fingerprint: Some(self.facts.fingerprint.clone()),
            error: None,
        }
    }
}
