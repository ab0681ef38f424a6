//! ELECTRA: Clark et al. 2020, as transformers' `ElectraModel` has it. BERT with tables that may be narrower than its layers.

use gpu_bridge_checkpoint::ModelFolder;
use serde::Deserialize;

use super::bert::{BertConfig, LAYERS};
use super::config::Config;
use super::embeddings::{Embeddings, Tables};
use super::layers::Linear;
use super::post_norm::{self, PostNorm};
use super::{Architecture, Encoder, Shape, leftovers};
use crate::Error;
use crate::packing::signed;
use crate::weights::Weights;

pub(super) const ARCHITECTURE: Architecture =
    Architecture { model_type: "electra", prefixes: &["electra."], shape, build };

const UNUSED: [&str; 7] = [
    "discriminator_predictions.",
    "generator_predictions.",
    "generator_lm_head.",
    "classifier.",
    "qa_outputs.",
    "sequence_summary.",
    "embeddings.position_ids",
];

#[derive(Deserialize)]
struct ElectraConfig {
    #[serde(flatten)]
    bert: BertConfig,
    #[serde(default = "narrow")]
    embedding_size: usize,
}

fn shape(folder: &ModelFolder) -> Result<Shape, Error> {
    Ok(ElectraConfig::load(folder)?.bert.shape())
}

fn build(folder: &ModelFolder, weights: &mut Weights, layers: usize) -> Result<Box<dyn Encoder>, Error> {
    let config = ElectraConfig::load(folder)?;
    let embeddings = config.embeddings(weights)?;
    let stack = post_norm::stack(weights, LAYERS, layers, &post_norm::BERT, &config.bert.form())?;
    leftovers::ignore(weights, &UNUSED, LAYERS, &(layers..config.bert.num_hidden_layers));
    Ok(Box::new(PostNorm { embeddings, layers: stack }))
}

impl Config for ElectraConfig {
    fn problem(&self) -> Option<String> {
        self.bert.problem()
    }
}

impl ElectraConfig {
    fn embeddings(&self, weights: &mut Weights) -> Result<Embeddings, Error> {
        let (width, hidden) = (self.embedding_size, self.bert.hidden_size);
        let embeddings = Embeddings::take(weights, &Tables { width, ..self.bert.tables() })?;
        if width == hidden {
            return Ok(embeddings);
        }
        let projection = Linear::take(weights, "embeddings_project", signed(width), signed(hidden))?;
        Ok(embeddings.projected(projection))
    }
}

fn narrow() -> usize {
    128
}
