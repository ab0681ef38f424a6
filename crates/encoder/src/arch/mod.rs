//! The architectures: one file each, one line each in [`REGISTRY`].
//!
//! An architecture knows its config.json, its weights' names and its forward over packed tokens; nothing else. A new one is
//! a file beside `bert.rs` with an [`Architecture`] and a line below, with goldens beside its test.

mod activation;
mod albert;
mod attention;
mod bert;
mod biases;
mod config;
mod deberta;
mod deberta_v2;
mod decoder;
mod disentangled;
mod distilbert;
mod electra;
mod embeddings;
mod gated_mlp;
mod head;
mod layers;
mod leftovers;
mod modernbert;
mod mpnet;
mod nomic_bert;
mod post_norm;
mod rms_norm;
mod roberta;
mod rope;
mod rotary;
mod rotary_attention;
mod window;

use tch::Tensor;

pub(crate) use self::activation::Activation;
pub(crate) use self::head::Classifier;

use crate::Error;
use crate::facts::fingerprint;
use crate::packing::{Limits, PackedBatch};
use crate::weights::{Placement, Taken, Weights};
use gpu_bridge_checkpoint::ModelFolder;

const REGISTRY: &[Architecture] = &[
    bert::ARCHITECTURE,
    roberta::ROBERTA,
    roberta::XLM_ROBERTA,
    roberta::CAMEMBERT,
    distilbert::ARCHITECTURE,
    electra::ARCHITECTURE,
    albert::ARCHITECTURE,
    mpnet::ARCHITECTURE,
    modernbert::ARCHITECTURE,
    nomic_bert::ARCHITECTURE,
    decoder::QWEN3,
    decoder::QWEN2,
    decoder::MISTRAL,
    decoder::LLAMA,
    decoder::EUROBERT,
    deberta::ARCHITECTURE,
    deberta_v2::ARCHITECTURE,
];

/// Builds the first `layers` layers of a model out of its weights.
type Build = fn(&ModelFolder, &mut Weights, layers: usize) -> Result<Box<dyn Encoder>, Error>;

/// One kind of encoder and how it is loaded.
pub(crate) struct Architecture {
    /// `model_type` in config.json.
    model_type: &'static str,
    /// What the weights' names may start with in checkpoints that carry a task's head.
    prefixes: &'static [&'static str],
    /// Reads the shape out of config.json.
    shape: fn(&ModelFolder) -> Result<Shape, Error>,
    build: Build,
}

/// The sizes the rest of the crate has to know.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// Width of a token's state.
    pub(crate) hidden: usize,
    /// Layers of the whole model.
    pub(crate) layers: usize,
    /// Vocabulary and positions.
    pub(crate) limits: Limits,
}

impl Shape {
    /// Whether the model, called `model`, can be cut to `layers`.
    pub(crate) fn check_layers(&self, layers: usize, model: &str) -> Result<(), Error> {
        if layers <= self.layers {
            return Ok(());
        }
        Err(Error::Layers { model: model.to_owned(), asked: layers, available: self.layers })
    }
}

/// A loaded encoder: packed tokens in, packed states out.
pub(crate) trait Encoder: Send {
    /// States of all tokens after the last layer that was built, `[tokens, hidden]`, in the model's element type.
    fn forward(&self, batch: &PackedBatch) -> Result<Tensor, Error>;
}

/// A loaded encoder with what was read of it.
pub(crate) struct Loaded {
    pub(crate) encoder: Box<dyn Encoder>,
    pub(crate) taken: Taken,
    /// Names the architecture and its settings, for the fingerprint.
    pub(crate) description: String,
}

impl Loaded {
    /// The fingerprint of a model for `purpose` whose tokenizer describes itself as `tokens`.
    pub(crate) fn fingerprint(&self, purpose: &str, tokens: &str) -> String {
        let parts = [self.description.as_bytes(), &self.taken.digest, purpose.as_bytes(), tokens.as_bytes()];
        fingerprint(&parts)
    }
}

#[derive(serde::Deserialize)]
struct ModelType {
    model_type: Option<String>,
}

/// The `model_type`s that can be loaded, in the registry's order.
pub fn supported() -> impl Iterator<Item = &'static str> {
    REGISTRY.iter().map(|architecture| architecture.model_type)
}

impl Architecture {
    /// The architecture that config.json names.
    pub(crate) fn of(folder: &ModelFolder) -> Result<&'static Self, Error> {
        let config: ModelType = folder.json("config.json")?;
        let name = config.model_type.unwrap_or_else(|| "unnamed".to_owned());
        REGISTRY.iter().find(|architecture| architecture.model_type == name).ok_or_else(|| {
            let supported = supported().collect::<Vec<_>>().join(", ");
            Error::UnsupportedArchitecture { name, supported }
        })
    }

    /// As config.json names it.
    pub(crate) fn model_type(&self) -> &'static str {
        self.model_type
    }

    pub(crate) fn shape(&self, folder: &ModelFolder) -> Result<Shape, Error> {
        (self.shape)(folder)
    }

    /// Loads the first `layers` layers; the weights of the others are never touched.
    pub(crate) fn load(
        &self,
        folder: &ModelFolder,
        layers: usize,
        placement: Placement,
    ) -> Result<Loaded, Error> {
        let weights = Weights::open(folder, self.prefixes, placement)?;
        self.finish(folder, weights, layers)
    }

    /// Loads the whole model and the head that scores texts and pairs.
    pub(crate) fn load_classifier(
        &self,
        folder: &ModelFolder,
        placement: Placement,
    ) -> Result<(Loaded, Classifier), Error> {
        let shape = self.shape(folder)?;
        let mut weights = Weights::open(folder, self.prefixes, placement)?;
        let classifier = Classifier::take(self.model_type, folder, &mut weights, shape.hidden)?;
        Ok((self.finish(folder, weights, shape.layers)?, classifier))
    }

    fn finish(&self, folder: &ModelFolder, mut weights: Weights, layers: usize) -> Result<Loaded, Error> {
        let encoder = (self.build)(folder, &mut weights, layers)?;
        let config: serde_json::Value = folder.json("config.json")?;
        let description = format!("{} {layers} {config}", self.model_type);
        Ok(Loaded { encoder, taken: weights.finish()?, description })
    }
}
