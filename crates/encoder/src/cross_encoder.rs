//! Pairs of texts to scores, on the device thread, as sentence-transformers' `CrossEncoder` (6.2.0) computes them.
//!
//! Both texts go through the encoder as one, so a pair costs as much as their sum and nothing can be kept for the next. What
//! leaves the device are the raw outputs, one for each label; a [`ScoreHead`] makes scores of them elsewhere.

mod activation;
mod pair_tokenizer;
mod score_head;
mod settings;

use std::path::Path;

use gpu_bridge_torch_ext::inference_mode;

pub use self::pair_tokenizer::PairTokenizer;
pub use self::score_head::ScoreHead;
use self::settings::Settings;
use crate::arch::{Architecture, Classifier, Encoder, Shape};
use crate::host::finite;
use crate::packing::PackedBatch;
use crate::pooling::unpacked;
use crate::weights::Placement;
use crate::{Device, Dtype, Error, ModelFacts, Tokens};

/// A loaded cross-encoder.
pub struct CrossEncoder {
    encoder: Box<dyn Encoder>,
    classifier: Classifier,
    shape: Shape,
    tokenizer: PairTokenizer,
    head: ScoreHead,
    facts: ModelFacts,
    device: Device,
}

impl CrossEncoder {
    /// Loads the model in `dir` onto `device`.
    ///
    /// # Errors
    /// What is wrong with the checkpoint, among others that it is no model that scores pairs.
    pub fn load(dir: &Path, device: Device, dtype: Dtype) -> Result<Self, Error> {
        device.check()?;
        inference_mode(|| Self::load_here(dir, device, dtype))?
    }

    fn load_here(dir: &Path, device: Device, dtype: Dtype) -> Result<Self, Error> {
        let Settings { transformer, activation, default_prompt } = Settings::load(dir)?;
        let architecture = Architecture::of(&transformer)?;
        let shape = architecture.shape(&transformer)?;
        let placement = Placement { device: device.torch(), kind: dtype.kind() };
        let (loaded, classifier) = architecture.load_classifier(&transformer, placement)?;
        let (kind, positions) = (architecture.model_type(), shape.limits.positions);
        let tokenizer = PairTokenizer::load(&transformer, kind, positions, default_prompt)?;
        let head = ScoreHead::new(classifier.labels(), activation);
        let (task, tokens) = (format!("rerank {head:?} {dtype}"), tokenizer.description());
        let facts = ModelFacts {
            dtype,
            dimensions: head.labels(),
            max_seq_length: tokenizer.max_length(),
            memory_bytes: loaded.taken.bytes,
            fingerprint: loaded.fingerprint(&task, &tokens),
        };
        Ok(Self { encoder: loaded.encoder, classifier, shape, tokenizer, head, facts, device })
    }

    /// Pairs to tokens, for any thread.
    pub fn tokenizer(&self) -> PairTokenizer {
        self.tokenizer.clone()
    }

    /// What becomes of raw outputs, for any thread.
    pub fn head(&self) -> ScoreHead {
        self.head
    }

    /// What the model says about itself.
    pub fn facts(&self) -> &ModelFacts {
        &self.facts
    }

    /// Raw outputs for a batch of encoded pairs, `[pairs, labels]` row-major, in its order.
    ///
    /// # Errors
    /// Tokens the model can't take, outputs that are not finite, or a failure of the device.
    pub fn logits(&self, batch: &[&Tokens]) -> Result<Vec<f32>, Error> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let logits = inference_mode(|| self.forward(batch))??;
        finite(logits, self.head.labels())
    }

    fn forward(&self, batch: &[&Tokens]) -> Result<Vec<f32>, Error> {
        let packed = PackedBatch::new(batch, self.shape.limits, false, self.device.torch())?;
        let states = self.encoder.forward(&packed)?;
        unpacked(&self.classifier.logits(&states, &packed)?, &packed.order)
    }
}
