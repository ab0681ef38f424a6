//! BERT: Devlin et al. 2018, as transformers' `BertModel` has it. Learned absolute positions, exact GELU.
//!
//! Token types are 0 but for the second text of a pair. The task heads and the pooler of a checkpoint are ignored.

use gpu_bridge_checkpoint::ModelFolder;
use serde::Deserialize;

use super::activation::Activation;
use super::config::Config;
use super::embeddings::{Embeddings, Tables};
use super::post_norm::{self, Form, PostNorm};
use super::{Architecture, Encoder, Shape, leftovers};
use crate::Error;
use crate::packing::{Limits, Numbering};
use crate::weights::Weights;

pub(super) const ARCHITECTURE: Architecture =
    Architecture { model_type: "bert", prefixes: &["bert."], shape, build };

/// Where the layers are.
pub(super) const LAYERS: &str = "encoder.layer.";

/// What a checkpoint may hold beside the encoder: heads, the pooler, and a table of 0, 1, 2, … that old versions saved.
const UNUSED: [&str; 5] = ["pooler.", "cls.", "classifier.", "qa_outputs.", "embeddings.position_ids"];

/// The keys that BERT and its kin share, by transformers' `BertConfig`.
#[derive(Deserialize)]
pub(super) struct BertConfig {
    pub(super) hidden_size: usize,
    pub(super) num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    pub(super) vocab_size: usize,
    pub(super) max_position_embeddings: usize,
    #[serde(default = "two")]
    type_vocab_size: usize,
    #[serde(default = "tiny")]
    layer_norm_eps: f64,
    #[serde(default = "gelu")]
    hidden_act: Activation,
    position_embedding_type: Option<String>,
    #[serde(default)]
    is_decoder: bool,
}

fn shape(folder: &ModelFolder) -> Result<Shape, Error> {
    Ok(BertConfig::load(folder)?.shape())
}

fn build(folder: &ModelFolder, weights: &mut Weights, layers: usize) -> Result<Box<dyn Encoder>, Error> {
    let config = BertConfig::load(folder)?;
    let embeddings = Embeddings::take(weights, &config.tables())?;
    let stack = post_norm::stack(weights, LAYERS, layers, &post_norm::BERT, &config.form())?;
    leftovers::ignore(weights, &UNUSED, LAYERS, &(layers..config.num_hidden_layers));
    Ok(Box::new(PostNorm { embeddings, layers: stack }))
}

impl Config for BertConfig {
    fn problem(&self) -> Option<String> {
        let positions = self.position_embedding_type.as_deref().unwrap_or("absolute");
        if positions != "absolute" {
            Some(format!("Positions of the type `{positions}` are not supported; only absolute ones are."))
        } else if self.is_decoder {
            Some("`is_decoder` is true, but only encoders, which look both ways, are supported.".to_owned())
        } else if self.type_vocab_size == 0 {
            Some("`type_vocab_size` is 0, but every token has a type.".to_owned())
        } else {
            self.form().problem()
        }
    }
}

impl BertConfig {
    /// With positions counted from 0.
    pub(super) fn shape(&self) -> Shape {
        let (vocabulary, positions) = (self.vocab_size, self.max_position_embeddings);
        let limits = Limits { vocabulary, positions, numbering: Numbering::FromZero };
        Shape { hidden: self.hidden_size, layers: self.num_hidden_layers, limits }
    }

    /// Tables as wide as the encoder.
    pub(super) fn tables(&self) -> Tables {
        Tables {
            vocabulary: self.vocab_size,
            positions: self.max_position_embeddings,
            skipped: 0,
            types: Some(self.type_vocab_size),
            width: self.hidden_size,
            epsilon: self.layer_norm_eps,
        }
    }

    pub(super) fn form(&self) -> Form {
        Form {
            hidden: self.hidden_size,
            inner: self.intermediate_size,
            heads: self.num_attention_heads,
            epsilon: self.layer_norm_eps,
            activation: self.hidden_act,
        }
    }
}

fn two() -> usize {
    2
}

fn tiny() -> f64 {
    1e-12
}

fn gelu() -> Activation {
    Activation::Gelu
}
