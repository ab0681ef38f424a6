//! Tokens to raw vectors, on the device thread.
//!
//! An embedder owns tensors and is not shared between threads; its tokenizer and head are, and do the rest elsewhere.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::arch::{Architecture, Encoder, Loaded, Shape};
use crate::host::finite;
use crate::packing::PackedBatch;
use crate::pipeline::{Pipeline, Settings, Stages};
use crate::pooling::{Pooling, unpacked};
use crate::weights::Placement;
use crate::{Device, Dtype, Error, ModelFacts, Tokenizer, Tokens, VectorHead};
use gpu_bridge_checkpoint::ModelFolder;
use gpu_bridge_torch_ext::inference_mode;

/// A loaded sentence-transformers model.
pub struct Embedder {
    encoder: Box<dyn Encoder>,
    shape: Shape,
    pooling: Pooling,
    stages: Stages,
    tokenizer: Arc<Tokenizer>,
    head: VectorHead,
    facts: ModelFacts,
    settings: Settings,
    device: Device,
}

impl Embedder {
    /// Loads the model in `dir` onto `device`.
    pub fn load(dir: &Path, device: Device, dtype: Dtype) -> Result<Self, Error> {
        device.check()?;
        inference_mode(|| Self::load_here(dir, device, dtype))?
    }

    fn load_here(dir: &Path, device: Device, dtype: Dtype) -> Result<Self, Error> {
        let pipeline = Pipeline::load(dir)?;
        let folder = &pipeline.transformer;
        let architecture = Architecture::of(folder)?;
        let shape = architecture.shape(folder)?;
        let pooling = pipeline.pooling(shape.hidden)?;
        let settings = Settings::load(&ModelFolder::new(dir))?;
        let stages = pipeline.stages(pooling.dimensions(shape.hidden), device.torch())?;
        let tokenizer = Tokenizer::for_embeddings(folder, shape.limits.positions)?;
        let placement = Placement { device: device.torch(), kind: dtype.kind() };
        let loaded = architecture.load(folder, shape.layers, placement)?;
        let head = VectorHead::new(stages.dimensions(), pipeline.normalize, settings.truncate_dim);
        let pipeline = format!("{pooling:?} {} {head:?}", stages.description);
        let mut facts = facts(&loaded, &tokenizer, &head, &pipeline, dtype);
        facts.memory_bytes += stages.bytes;
        let (encoder, tokenizer) = (loaded.encoder, Arc::new(tokenizer));
        Ok(Self { encoder, shape, pooling, stages, tokenizer, head, facts, settings, device })
    }

    /// The model's tokenizer, for any thread.
    pub fn tokenizer(&self) -> Arc<Tokenizer> {
        Arc::clone(&self.tokenizer)
    }

    /// What becomes of a raw vector, for any thread.
    pub fn head(&self) -> VectorHead {
        self.head.clone()
    }

    /// What the model says about itself.
    pub fn facts(&self) -> &ModelFacts {
        &self.facts
    }

    /// Prompts by name, to be put in front of a text.
    pub fn prompts(&self) -> &BTreeMap<String, String> {
        &self.settings.prompts
    }

    /// The prompt to use where the caller names none.
    pub fn default_prompt(&self) -> Option<&str> {
        self.settings.default_prompt()
    }

    /// Raw vectors of `batch`, `[texts, dimensions]` of the [`VectorHead`], row-major, in its order; [`VectorHead::finish`]
    /// makes them final.
    pub fn embed(&self, batch: &[&Tokens]) -> Result<Vec<f32>, Error> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let rows = inference_mode(|| self.forward(batch))??;
        finite(rows, self.head.dimensions())
    }

    fn forward(&self, batch: &[&Tokens]) -> Result<Vec<f32>, Error> {
        let split = self.pooling.splits_prompts();
        let packed = PackedBatch::new(batch, self.shape.limits, split, self.device.torch())?;
        let states = self.encoder.forward(&packed)?;
        let pooled = self.pooling.pool(&states, &packed)?;
        unpacked(&self.stages.forward(pooled)?, &packed.order)
    }
}

fn facts(
    loaded: &Loaded,
    tokenizer: &Tokenizer,
    head: &VectorHead,
    pipeline: &str,
    dtype: Dtype,
) -> ModelFacts {
    let (pipeline, tokens) = (format!("{pipeline} {dtype}"), tokenizer.description());
    ModelFacts {
        dtype,
        dimensions: head.default_dimensions(),
        max_seq_length: tokenizer.max_length(),
        memory_bytes: loaded.taken.bytes,
        fingerprint: loaded.fingerprint(&pipeline, &tokens),
    }
}
