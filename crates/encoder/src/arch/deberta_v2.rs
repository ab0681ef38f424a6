//! DeBERTa v2 and v3: He et al. 2021, as transformers' `DebertaV2Model` has it; mDeBERTa too.
//!
//! Unlike v1 they put far distances into buckets, may project positions with the weights of content, may norm the table of
//! positions, and may have a convolution beside the first layer.

use gpu_bridge_checkpoint::ModelFolder;
use serde::Deserialize;
use tch::Tensor;

use super::activation::Activation;
use super::bert::LAYERS;
use super::config::Config;
use super::disentangled::{
    Buckets, Convolution, DebertaConfig, Disentangled, Embeddings, Kernel, Layer, Positions, Projection,
    Relative, UNUSED,
};
use super::layers::{LayerNorm, Linear};
use super::{Architecture, Encoder, Shape, leftovers, post_norm};
use crate::Error;
use crate::packing::signed;
use crate::weights::{Placement, Weights};

pub(super) const ARCHITECTURE: Architecture =
    Architecture { model_type: "deberta-v2", prefixes: &["deberta."], shape, build };

#[derive(Deserialize)]
struct DebertaV2Config {
    #[serde(flatten)]
    shared: DebertaConfig,
    #[serde(default)]
    share_att_key: bool,
    #[serde(default = "unset")]
    position_buckets: i64,
    #[serde(default = "none")]
    norm_rel_ebd: String,
    #[serde(default)]
    conv_kernel_size: i64,
    #[serde(default = "one")]
    conv_groups: i64,
    #[serde(default = "tanh")]
    conv_act: Activation,
}

fn shape(folder: &ModelFolder) -> Result<Shape, Error> {
    Ok(DebertaV2Config::load(folder)?.shared.shape())
}

fn build(folder: &ModelFolder, weights: &mut Weights, layers: usize) -> Result<Box<dyn Encoder>, Error> {
    let config = DebertaV2Config::load(folder)?;
    let embeddings = Embeddings::take(weights, &config.shared)?;
    let relative = config.relative(weights, layers)?;
    let convolution = config.convolution(weights, layers)?;
    let table = relative.as_ref().map(|relative| &relative.table);
    let stack = (0..layers).map(|number| config.layer(weights, number, table)).collect::<Result<_, _>>()?;
    leftovers::ignore(weights, &UNUSED, LAYERS, &(layers..config.shared.num_hidden_layers));
    Ok(Box::new(Disentangled { embeddings, relative, layers: stack, convolution }))
}

impl Config for DebertaV2Config {
    fn problem(&self) -> Option<String> {
        let (size, groups) = (self.conv_kernel_size, self.conv_groups);
        let norm = self.norm_rel_ebd.to_lowercase();
        if !["none", "layer_norm"].contains(&norm.as_str()) {
            Some(format!("The `norm_rel_ebd` `{norm}` is not supported; `none` and `layer_norm` are."))
        } else if size > 0 && size % 2 == 0 {
            Some(format!("A `conv_kernel_size` of {size} has no middle; only odd ones are supported."))
        } else if size > 0 && (groups < 1 || signed(self.shared.hidden_size) % groups != 0) {
            let hidden = self.shared.hidden_size;
            Some(format!("A hidden size of {hidden} can't be split among {groups} `conv_groups`."))
        } else {
            self.buckets().and_then(Buckets::problem).or_else(|| self.shared.problem())
        }
    }
}

impl DebertaV2Config {
    fn buckets(&self) -> Option<Buckets> {
        let farthest = self.shared.reach()?;
        let count = self.position_buckets;
        (count > 0).then_some(Buckets { count, farthest })
    }

    /// The table of positions, normed where the configuration says so.
    fn relative(&self, weights: &mut Weights, layers: usize) -> Result<Option<Relative>, Error> {
        const NORM: &str = "encoder.LayerNorm";
        let relative = Relative::take(weights, &self.shared, layers, self.buckets())?;
        if !self.norm_rel_ebd.eq_ignore_ascii_case("layer_norm") {
            return Ok(relative);
        }
        let norm =
            LayerNorm::take(weights, NORM, signed(self.shared.hidden_size), self.shared.layer_norm_eps)?;
        let normed = |relative: Relative| Ok(Relative { table: norm.forward(&relative.table)?, ..relative });
        relative.map(normed).transpose()
    }

    /// The convolution, which belongs to the first layer.
    fn convolution(&self, weights: &mut Weights, layers: usize) -> Result<Option<Convolution>, Error> {
        if self.conv_kernel_size < 1 {
            return Ok(None);
        }
        if layers == 0 {
            weights.ignore(|name| name.starts_with("encoder.conv."));
            return Ok(None);
        }
        let kernel = Kernel {
            hidden: signed(self.shared.hidden_size),
            size: self.conv_kernel_size,
            groups: self.conv_groups,
            activation: self.conv_act,
            epsilon: self.shared.layer_norm_eps,
        };
        Convolution::take(weights, kernel).map(Some)
    }

    fn layer(&self, weights: &mut Weights, number: usize, table: Option<&Tensor>) -> Result<Layer, Error> {
        let (prefix, form) = (format!("{LAYERS}{number}."), self.shared.form());
        let mut take = |part: &str| {
            Projection::take(weights, &format!("{prefix}attention.self.{part}"), signed(form.hidden))
        };
        let content = [take("query_proj")?, take("key_proj")?, take("value_proj")?];
        let positions = table.map(|table| self.positions(&mut take, &content, table)).transpose()?;
        let qkv = side_by_side(&content, weights.placement())?;
        let layer = post_norm::Layer::around(qkv, weights, &prefix, &post_norm::BERT, &form)?;
        Ok(Layer { layer, positions, heads: self.shared.heads(), scale: self.scale() })
    }

    /// What a layer makes of the `table` of relative positions, by weights of their own or those of `content`.
    fn positions(
        &self,
        take: impl FnMut(&str) -> Result<Projection, Error>,
        content: &[Projection; 3],
        table: &Tensor,
    ) -> Result<Positions, Error> {
        let [query, key, _] = content;
        let mut project = own_or_shared(self.share_att_key, table, take);
        let keys = self.shared.content_to_position().then(|| project("pos_key_proj", key)).transpose()?;
        let queries =
            self.shared.position_to_content().then(|| project("pos_query_proj", query)).transpose()?;
        Positions::new(keys, queries, self.shared.heads(), self.scale())
    }

    fn scale(&self) -> f64 {
        let kinds = [self.shared.content_to_position(), self.shared.position_to_content()];
        self.shared.scale(1 + kinds.into_iter().filter(|&kind| kind).count())
    }
}

/// A function from the name of a projection, and the one that may stand in for it, to the projected `table`.
fn own_or_shared(
    shared: bool,
    table: &Tensor,
    mut take: impl FnMut(&str) -> Result<Projection, Error>,
) -> impl FnMut(&str, &Projection) -> Result<Tensor, Error> {
    move |name, content| if shared { content.apply(table) } else { take(name)?.apply(table) }
}

/// The three as one layer.
fn side_by_side(content: &[Projection; 3], placement: Placement) -> Result<Linear, Error> {
    let weights: Vec<&Tensor> = content.iter().map(|projection| &projection.weight).collect();
    let biases: Vec<&Tensor> = content.iter().filter_map(|projection| projection.bias.as_ref()).collect();
    Linear::new(Tensor::f_cat(&weights, 0)?, Some(Tensor::f_cat(&biases, 0)?), placement)
}

fn unset() -> i64 {
    -1
}

fn one() -> i64 {
    1
}

fn none() -> String {
    "none".to_owned()
}

fn tanh() -> Activation {
    Activation::Tanh
}
