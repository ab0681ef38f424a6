//! RoBERTa (Liu et al. 2019), and XLM-RoBERTa and CamemBERT, which differ from it in nothing but their tokenizers.
//!
//! BERT's sums with another count of positions: from 1 behind the id of padding on, over all tokens but padding's. So a
//! model with 514 positions takes 512 tokens.

use gpu_bridge_checkpoint::ModelFolder;
use serde::Deserialize;

use super::bert::{BertConfig, LAYERS};
use super::config::Config;
use super::embeddings::{Embeddings, Tables};
use super::post_norm::{self, PostNorm};
use super::{Architecture, Encoder, Shape, leftovers};
use crate::Error;
use crate::packing::{Limits, Numbering, signed};
use crate::weights::Weights;

pub(super) const ROBERTA: Architecture = named("roberta");
pub(super) const XLM_ROBERTA: Architecture = named("xlm-roberta");
pub(super) const CAMEMBERT: Architecture = named("camembert");

/// All three wrap their encoder in the name of the first.
const fn named(model_type: &'static str) -> Architecture {
    Architecture { model_type, prefixes: &["roberta."], shape, build }
}

const UNUSED: [&str; 5] = ["pooler.", "lm_head.", "classifier.", "qa_outputs.", "embeddings.position_ids"];

#[derive(Deserialize)]
struct RobertaConfig {
    #[serde(flatten)]
    bert: BertConfig,
    #[serde(default = "one")]
    pad_token_id: usize,
}

fn shape(folder: &ModelFolder) -> Result<Shape, Error> {
    let config = RobertaConfig::load(folder)?;
    Ok(shape_behind(config.pad_token_id, &config.bert))
}

fn build(folder: &ModelFolder, weights: &mut Weights, layers: usize) -> Result<Box<dyn Encoder>, Error> {
    let RobertaConfig { bert, pad_token_id } = RobertaConfig::load(folder)?;
    let embeddings = Embeddings::take(weights, &Tables { skipped: pad_token_id, ..bert.tables() })?;
    let stack = post_norm::stack(weights, LAYERS, layers, &post_norm::BERT, &bert.form())?;
    leftovers::ignore(weights, &UNUSED, LAYERS, &(layers..bert.num_hidden_layers));
    Ok(Box::new(PostNorm { embeddings, layers: stack }))
}

impl Config for RobertaConfig {
    fn problem(&self) -> Option<String> {
        positions_problem(self.pad_token_id, &self.bert).or_else(|| self.bert.problem())
    }
}

/// The shape of a model whose positions begin behind the id of padding.
pub(super) fn shape_behind(padding: usize, bert: &BertConfig) -> Shape {
    let shape = bert.shape();
    let positions = shape.limits.positions.saturating_sub(padding + 1);
    let limits = Limits { positions, numbering: Numbering::SkipPadding(signed(padding)), ..shape.limits };
    Shape { limits, ..shape }
}

/// Why no positions are left behind the id of padding, if none are.
pub(super) fn positions_problem(padding: usize, bert: &BertConfig) -> Option<String> {
    let positions = bert.max_position_embeddings;
    (positions <= padding + 1).then(|| {
        format!("`max_position_embeddings` is {positions}, which leaves none behind padding's id {padding}.")
    })
}

fn one() -> usize {
    1
}
