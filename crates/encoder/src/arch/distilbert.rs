//! DistilBERT: Sanh et al. 2019, as transformers' `DistilBertModel` has it. BERT without token types and with other names.
//!
//! Sinusoidal positions are a table in the checkpoint like learned ones.

use gpu_bridge_checkpoint::ModelFolder;
use serde::Deserialize;

use super::activation::Activation;
use super::config::Config;
use super::embeddings::{Embeddings, Tables};
use super::post_norm::{self, Form, Names, PostNorm};
use super::{Architecture, Encoder, Shape, leftovers};
use crate::Error;
use crate::packing::{Limits, Numbering};
use crate::weights::Weights;

pub(super) const ARCHITECTURE: Architecture =
    Architecture { model_type: "distilbert", prefixes: &["distilbert."], shape, build };

const LAYERS: &str = "transformer.layer.";

const NAMES: Names = Names {
    query: "attention.q_lin",
    key: "attention.k_lin",
    value: "attention.v_lin",
    output: "attention.out_lin",
    attention_norm: "sa_layer_norm",
    up: "ffn.lin1",
    down: "ffn.lin2",
    norm: "output_layer_norm",
};

const UNUSED: [&str; 7] = [
    "vocab_transform.",
    "vocab_layer_norm.",
    "vocab_projector.",
    "pre_classifier.",
    "classifier.",
    "qa_outputs.",
    "embeddings.position_ids",
];

/// Of all norms; no setting changes it.
const EPSILON: f64 = 1e-12;

#[derive(Deserialize)]
struct DistilBertConfig {
    dim: usize,
    n_layers: usize,
    n_heads: usize,
    hidden_dim: usize,
    vocab_size: usize,
    max_position_embeddings: usize,
    #[serde(default = "gelu")]
    activation: Activation,
}

fn shape(folder: &ModelFolder) -> Result<Shape, Error> {
    let config = DistilBertConfig::load(folder)?;
    let (vocabulary, positions) = (config.vocab_size, config.max_position_embeddings);
    let limits = Limits { vocabulary, positions, numbering: Numbering::FromZero };
    Ok(Shape { hidden: config.dim, layers: config.n_layers, limits })
}

fn build(folder: &ModelFolder, weights: &mut Weights, layers: usize) -> Result<Box<dyn Encoder>, Error> {
    let config = DistilBertConfig::load(folder)?;
    let embeddings = Embeddings::take(weights, &config.tables())?;
    let stack = post_norm::stack(weights, LAYERS, layers, &NAMES, &config.form())?;
    leftovers::ignore(weights, &UNUSED, LAYERS, &(layers..config.n_layers));
    Ok(Box::new(PostNorm { embeddings, layers: stack }))
}

impl Config for DistilBertConfig {
    fn problem(&self) -> Option<String> {
        self.form().problem()
    }
}

impl DistilBertConfig {
    fn tables(&self) -> Tables {
        Tables {
            vocabulary: self.vocab_size,
            positions: self.max_position_embeddings,
            skipped: 0,
            types: None,
            width: self.dim,
            epsilon: EPSILON,
        }
    }

    fn form(&self) -> Form {
        Form {
            hidden: self.dim,
            inner: self.hidden_dim,
            heads: self.n_heads,
            epsilon: EPSILON,
            activation: self.activation,
        }
    }
}

fn gelu() -> Activation {
    Activation::Gelu
}
