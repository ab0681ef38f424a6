//! ALBERT: Lan et al. 2020, as transformers' `AlbertModel` has it. BERT's sums with narrow tables and with layers that many
//! passes share.
//!
//! A pass runs all layers of one group, and a cut means fewer passes. The groups are spread over the passes that are left,
//! not over those that the whole model has: so bert-score cuts, and so the answers are its answers.

use gpu_bridge_checkpoint::ModelFolder;
use serde::Deserialize;
use tch::Tensor;

use super::activation::Activation;
use super::bert::BertConfig;
use super::biases::Biases;
use super::config::Config;
use super::embeddings::{Embeddings, Tables};
use super::layers::Linear;
use super::post_norm::{self, Form, Layer, Names};
use super::{Architecture, Encoder, Shape, leftovers};
use crate::Error;
use crate::packing::{PackedBatch, signed};
use crate::weights::Weights;

pub(super) const ARCHITECTURE: Architecture =
    Architecture { model_type: "albert", prefixes: &["albert."], shape, build };

const GROUPS: &str = "encoder.albert_layer_groups.";

const NAMES: Names = Names {
    query: "attention.query",
    key: "attention.key",
    value: "attention.value",
    output: "attention.dense",
    attention_norm: "attention.LayerNorm",
    up: "ffn",
    down: "ffn_output",
    norm: "full_layer_layer_norm",
};

const UNUSED: [&str; 6] =
    ["pooler.", "predictions.", "sop_classifier.", "classifier.", "qa_outputs.", "embeddings.position_ids"];

#[derive(Deserialize)]
struct AlbertConfig {
    #[serde(flatten)]
    bert: BertConfig,
    #[serde(default = "narrow")]
    embedding_size: usize,
    #[serde(default = "gelu_new")]
    hidden_act: Activation,
    #[serde(default = "one")]
    num_hidden_groups: usize,
    #[serde(default = "one")]
    inner_group_num: usize,
}

struct Albert {
    embeddings: Embeddings,
    groups: Vec<Group>,
}

/// Layers that run one after the other, `passes` times.
struct Group {
    passes: usize,
    layers: Vec<Layer>,
}

fn shape(folder: &ModelFolder) -> Result<Shape, Error> {
    Ok(AlbertConfig::load(folder)?.bert.shape())
}

fn build(folder: &ModelFolder, weights: &mut Weights, layers: usize) -> Result<Box<dyn Encoder>, Error> {
    let config = AlbertConfig::load(folder)?;
    let embeddings = config.embeddings(weights)?;
    let mut groups = Vec::new();
    for (number, passes) in passes(layers, config.num_hidden_groups).enumerate() {
        if passes > 0 {
            groups.push(config.group(weights, number, passes)?);
        } else {
            leftovers::ignore(weights, &[], GROUPS, &(number..number + 1));
        }
    }
    leftovers::ignore(weights, &UNUSED, GROUPS, &(0..0));
    Ok(Box::new(Albert { embeddings, groups }))
}

/// How often each of `groups` groups runs in `layers` passes: pass `i` runs group `⌊i · groups / layers⌋`.
fn passes(layers: usize, groups: usize) -> impl Iterator<Item = usize> {
    (0..groups).map(move |group| (0..layers).filter(|pass| pass * groups / layers == group).count())
}

impl Config for AlbertConfig {
    fn problem(&self) -> Option<String> {
        if self.num_hidden_groups == 0 || self.inner_group_num == 0 {
            let (groups, inner) = (self.num_hidden_groups, self.inner_group_num);
            return Some(format!("{groups} groups of {inner} layers are none; there must be at least one."));
        }
        self.bert.problem()
    }
}

impl AlbertConfig {
    fn embeddings(&self, weights: &mut Weights) -> Result<Embeddings, Error> {
        let (width, hidden) = (self.embedding_size, self.bert.hidden_size);
        let embeddings = Embeddings::take(weights, &Tables { width, ..self.bert.tables() })?;
        let name = "encoder.embedding_hidden_mapping_in";
        Ok(embeddings.projected(Linear::take(weights, name, signed(width), signed(hidden))?))
    }

    fn group(&self, weights: &mut Weights, number: usize, passes: usize) -> Result<Group, Error> {
        let form = Form { activation: self.hidden_act, ..self.bert.form() };
        let layers = format!("{GROUPS}{number}.albert_layers.");
        let layers = post_norm::stack(weights, &layers, self.inner_group_num, &NAMES, &form)?;
        Ok(Group { passes, layers })
    }
}

impl Encoder for Albert {
    fn forward(&self, batch: &PackedBatch) -> Result<Tensor, Error> {
        let plain = Biases::default();
        let passes = self.groups.iter().flat_map(|group| std::iter::repeat_n(&group.layers, group.passes));
        passes
            .flatten()
            .try_fold(self.embeddings.forward(batch)?, |states, layer| layer.forward(&states, batch, &plain))
    }
}

fn narrow() -> usize {
    128
}

fn one() -> usize {
    1
}

fn gelu_new() -> Activation {
    Activation::GeluTanh
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_spread_over_the_passes_that_are_left() {
        let of = |layers, groups| passes(layers, groups).collect::<Vec<_>>();
        assert_eq!(of(12, 1), [12]);
        assert_eq!(of(3, 2), [2, 1]);
        assert_eq!(of(1, 2), [1, 0]);
        assert_eq!(of(2, 4), [1, 0, 1, 0]);
        assert_eq!(of(0, 2), [0, 0]);
    }
}
