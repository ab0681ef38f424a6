//! MPNet: Song et al. 2020, as transformers' `MPNetModel` has it. RoBERTa's positions without token types, and in all
//! layers the same bias by the distance of two tokens.

mod distances;

use gpu_bridge_checkpoint::ModelFolder;
use serde::Deserialize;
use tch::Tensor;

use self::distances::{BUCKETS, Distances};
use super::bert::{BertConfig, LAYERS};
use super::biases::Biases;
use super::config::Config;
use super::embeddings::{Embeddings, Tables};
use super::post_norm::{self, Layer, Names};
use super::{Architecture, Encoder, Shape, leftovers, roberta};
use crate::Error;
use crate::packing::PackedBatch;
use crate::weights::Weights;

pub(super) const ARCHITECTURE: Architecture =
    Architecture { model_type: "mpnet", prefixes: &["mpnet."], shape, build };

const NAMES: Names = Names {
    query: "attention.attn.q",
    key: "attention.attn.k",
    value: "attention.attn.v",
    output: "attention.attn.o",
    attention_norm: "attention.LayerNorm",
    ..post_norm::BERT
};

const UNUSED: [&str; 5] = ["pooler.", "lm_head.", "classifier.", "qa_outputs.", "embeddings.position_ids"];

/// The id of padding as far as positions go; no setting changes it.
const PADDING: usize = 1;

#[derive(Deserialize)]
struct MpnetConfig {
    #[serde(flatten)]
    bert: BertConfig,
    #[serde(default = "buckets")]
    relative_attention_num_buckets: usize,
}

struct Mpnet {
    embeddings: Embeddings,
    distances: Distances,
    layers: Vec<Layer>,
}

fn shape(folder: &ModelFolder) -> Result<Shape, Error> {
    Ok(roberta::shape_behind(PADDING, &MpnetConfig::load(folder)?.bert))
}

fn build(folder: &ModelFolder, weights: &mut Weights, layers: usize) -> Result<Box<dyn Encoder>, Error> {
    let config = MpnetConfig::load(folder)?;
    let bert = &config.bert;
    let tables = Tables { skipped: PADDING, types: None, ..bert.tables() };
    let embeddings = Embeddings::take(weights, &tables)?;
    let positions = roberta::shape_behind(PADDING, bert).limits.positions;
    let rows = config.relative_attention_num_buckets;
    let distances = Distances::take(weights, rows, bert.form().heads, positions)?;
    let stack = post_norm::stack(weights, LAYERS, layers, &NAMES, &bert.form())?;
    leftovers::ignore(weights, &UNUSED, LAYERS, &(layers..bert.num_hidden_layers));
    Ok(Box::new(Mpnet { embeddings, distances, layers: stack }))
}

impl Config for MpnetConfig {
    fn problem(&self) -> Option<String> {
        let buckets = self.relative_attention_num_buckets;
        if buckets < BUCKETS {
            return Some(format!(
                "`relative_attention_num_buckets` is {buckets}, but distances fall into {BUCKETS} buckets."
            ));
        }
        roberta::positions_problem(PADDING, &self.bert).or_else(|| self.bert.problem())
    }
}

impl Encoder for Mpnet {
    fn forward(&self, batch: &PackedBatch) -> Result<Tensor, Error> {
        let biases = Biases::of(batch, |length| self.distances.bias(length))?;
        let embedded = self.embeddings.forward(batch)?;
        self.layers.iter().try_fold(embedded, |states, layer| layer.forward(&states, batch, &biases))
    }
}

fn buckets() -> usize {
    BUCKETS
}
