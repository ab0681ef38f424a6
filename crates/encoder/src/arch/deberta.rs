//! DeBERTa v1: He et al. 2020, as transformers' `DebertaModel` has it.
//!
//! Its checkpoints keep queries, keys and values in one weight, head by head, with biases for queries and values alone;
//! at load they are brought side by side, as all other architectures have them.

use gpu_bridge_checkpoint::ModelFolder;
use serde::Deserialize;
use tch::Tensor;

use super::bert::LAYERS;
use super::config::Config;
use super::disentangled::{
    DebertaConfig, Disentangled, Embeddings, Layer, Positions, Projection, Relative, TalkingHeads, UNUSED,
};
use super::layers::Linear;
use super::{Architecture, Encoder, Shape, leftovers, post_norm};
use crate::Error;
use crate::packing::signed;
use crate::weights::Weights;

pub(super) const ARCHITECTURE: Architecture =
    Architecture { model_type: "deberta", prefixes: &["deberta."], shape, build };

#[derive(Deserialize)]
struct DebertaV1Config {
    #[serde(flatten)]
    shared: DebertaConfig,
    #[serde(default)]
    talking_head: bool,
}

fn shape(folder: &ModelFolder) -> Result<Shape, Error> {
    Ok(DebertaV1Config::load(folder)?.shared.shape())
}

fn build(folder: &ModelFolder, weights: &mut Weights, layers: usize) -> Result<Box<dyn Encoder>, Error> {
    let config = DebertaV1Config::load(folder)?;
    let embeddings = Embeddings::take(weights, &config.shared)?;
    let relative = Relative::take(weights, &config.shared, layers, None)?;
    let table = relative.as_ref().map(|relative| &relative.table);
    let stack = (0..layers).map(|number| layer(weights, &config, number, table));
    let stack = stack.collect::<Result<_, _>>()?;
    leftovers::ignore(weights, &UNUSED, LAYERS, &(layers..config.shared.num_hidden_layers));
    Ok(Box::new(Disentangled { embeddings, relative, layers: stack, convolution: None }))
}

impl Config for DebertaV1Config {
    fn problem(&self) -> Option<String> {
        self.shared.problem()
    }
}

fn layer(
    weights: &mut Weights,
    config: &DebertaV1Config,
    number: usize,
    table: Option<&Tensor>,
) -> Result<Layer, Error> {
    let (prefix, shared) = (format!("{LAYERS}{number}."), &config.shared);
    let (heads, scale) = (shared.heads(), shared.scale(1 + shared.kinds.named));
    let qkv = side_by_side(weights, &prefix, shared)?;
    let positions = table.map(|table| positions(weights, &prefix, shared, table, scale)).transpose()?;
    let talking = config.talking_head.then(|| TalkingHeads::take(weights, &prefix, heads)).transpose()?;
    let layer = post_norm::Layer::around(qkv, weights, &prefix, &post_norm::BERT, &shared.form())?;
    Ok(Layer { layer, positions, talking, heads, scale })
}

/// Queries, keys and values, which come as one triple a head.
fn side_by_side(weights: &mut Weights, prefix: &str, config: &DebertaConfig) -> Result<Linear, Error> {
    let (hidden, heads) = (signed(config.hidden_size), config.heads());
    let weight = weights.take(&format!("{prefix}attention.self.in_proj.weight"), &[3 * hidden, hidden])?;
    let weight = weight.f_view([heads, 3, -1, hidden])?.f_transpose(0, 1)?.f_reshape([3 * hidden, hidden])?;
    let query = weights.take(&format!("{prefix}attention.self.q_bias"), &[hidden])?;
    let value = weights.take(&format!("{prefix}attention.self.v_bias"), &[hidden])?;
    let bias = Tensor::f_cat(&[&query, &query.f_zeros_like()?, &value], 0)?;
    Linear::new(weight, Some(bias), weights.placement())
}

/// What the layer makes of the `table` of relative positions.
fn positions(
    weights: &mut Weights,
    prefix: &str,
    config: &DebertaConfig,
    table: &Tensor,
    scale: f64,
) -> Result<Positions, Error> {
    let name = |part: &str| format!("{prefix}attention.self.{part}");
    let hidden = signed(config.hidden_size);
    let (mut keys, mut queries) = (None, None);
    if config.kinds.content_to_position {
        keys = Some(Projection::unbiased(weights, &name("pos_proj"), hidden)?.apply(table)?);
    }
    if config.kinds.position_to_content {
        queries = Some(Projection::take(weights, &name("pos_q_proj"), hidden)?.apply(table)?);
    }
    Positions::new(keys, queries, config.heads(), scale)
}
