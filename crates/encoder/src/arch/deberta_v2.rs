//! DeBERTa v2 and v3: He et al. 2021, as transformers' `DebertaV2Model` has it; mDeBERTa too.
//!
//! Unlike v1 they put far distances into buckets, may project positions with the weights of content, may norm the table of
//! positions, and may have a convolution beside the first layer.

mod config;

use gpu_bridge_checkpoint::ModelFolder;
use tch::Tensor;

use self::config::DebertaV2Config;
use super::bert::LAYERS;
use super::config::Config;
use super::disentangled::{
    Convolution, Disentangled, Embeddings, Layer, Positions, Projection, Relative, UNUSED,
};
use super::layers::{LayerNorm, Linear};
use super::{Architecture, Encoder, Shape, leftovers, post_norm};
use crate::Error;
use crate::packing::signed;
use crate::weights::{Placement, Weights};

pub(super) const ARCHITECTURE: Architecture =
    Architecture { model_type: "deberta-v2", prefixes: &["deberta."], shape, build };

fn shape(folder: &ModelFolder) -> Result<Shape, Error> {
    Ok(DebertaV2Config::load(folder)?.shared.shape())
}

fn build(folder: &ModelFolder, weights: &mut Weights, layers: usize) -> Result<Box<dyn Encoder>, Error> {
    let config = DebertaV2Config::load(folder)?;
    let embeddings = Embeddings::take(weights, &config.shared)?;
    let relative = relative(weights, &config, layers)?;
    let convolution = convolution(weights, &config, layers)?;
    let table = relative.as_ref().map(|relative| &relative.table);
    let stack = (0..layers).map(|number| layer(weights, &config, number, table)).collect::<Result<_, _>>()?;
    leftovers::ignore(weights, &UNUSED, LAYERS, &(layers..config.shared.num_hidden_layers));
    Ok(Box::new(Disentangled { embeddings, relative, layers: stack, convolution }))
}

/// The table of positions, normed where the configuration says so.
fn relative(
    weights: &mut Weights,
    config: &DebertaV2Config,
    layers: usize,
) -> Result<Option<Relative>, Error> {
    let relative = Relative::take(weights, &config.shared, layers, config.buckets())?;
    if !config.norms_positions() {
        return Ok(relative);
    }
    let (hidden, epsilon) = (signed(config.shared.hidden_size), config.shared.layer_norm_eps);
    let norm = LayerNorm::take(weights, "encoder.LayerNorm", hidden, epsilon)?;
    let normed = |relative: Relative| Ok(Relative { table: norm.forward(&relative.table)?, ..relative });
    relative.map(normed).transpose()
}

/// The convolution, which belongs to the first layer.
fn convolution(
    weights: &mut Weights,
    config: &DebertaV2Config,
    layers: usize,
) -> Result<Option<Convolution>, Error> {
    let Some(kernel) = config.kernel() else { return Ok(None) };
    if layers == 0 {
        weights.ignore(|name| name.starts_with("encoder.conv."));
        return Ok(None);
    }
    Convolution::take(weights, kernel).map(Some)
}

fn layer(
    weights: &mut Weights,
    config: &DebertaV2Config,
    number: usize,
    table: Option<&Tensor>,
) -> Result<Layer, Error> {
    let (prefix, form) = (format!("{LAYERS}{number}."), config.shared.form());
    let mut take = |part: &str| Projection::take(weights, &format!("{prefix}{part}"), signed(form.hidden));
    let content = [
        take("attention.self.query_proj")?,
        take("attention.self.key_proj")?,
        take("attention.self.value_proj")?,
    ];
    let positions = table.map(|table| positions(weights, &prefix, config, &content, table)).transpose()?;
    let qkv = side_by_side(&content, weights.placement())?;
    let layer = post_norm::Layer::around(qkv, weights, &prefix, &post_norm::BERT, &form)?;
    Ok(Layer { layer, positions, talking: None, heads: config.shared.heads(), scale: config.scale() })
}

/// What the layer makes of the `table` of relative positions, by weights of their own or those of `content`.
fn positions(
    weights: &mut Weights,
    prefix: &str,
    config: &DebertaV2Config,
    content: &[Projection; 3],
    table: &Tensor,
) -> Result<Positions, Error> {
    let [query, key, _] = content;
    let (kinds, hidden) = (config.shared.kinds, signed(config.shared.hidden_size));
    let mut project = |own: &str, shared: &Projection| {
        if config.share_att_key {
            return shared.apply(table);
        }
        Projection::take(weights, &format!("{prefix}attention.self.{own}"), hidden)?.apply(table)
    };
    let keys = kinds.content_to_position.then(|| project("pos_key_proj", key)).transpose()?;
    let queries = kinds.position_to_content.then(|| project("pos_query_proj", query)).transpose()?;
    Positions::new(keys, queries, config.shared.heads(), config.scale())
}

/// The three as one layer.
fn side_by_side(content: &[Projection; 3], placement: Placement) -> Result<Linear, Error> {
    let weights: Vec<&Tensor> = content.iter().map(|projection| &projection.weight).collect();
    let biases: Vec<&Tensor> = content.iter().filter_map(|projection| projection.bias.as_ref()).collect();
    Linear::new(Tensor::f_cat(&weights, 0)?, Some(Tensor::f_cat(&biases, 0)?), placement)
}
