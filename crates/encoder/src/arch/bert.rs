//! BERT: Devlin et al. 2018, as transformers' `BertModel` has it. Post-norm layers, learned absolute positions, exact GELU.
//!
//! Token types are 0 but for the second text of a pair. The task heads and the pooler of a checkpoint are ignored.

use serde::Deserialize;
use tch::Tensor;

use super::activation::Activation;
use super::attention::attention;
use super::layers::{LayerNorm, Linear};
use super::{Architecture, Encoder, Shape};
use crate::Error;
use crate::packing::{Limits, Numbering, PackedBatch, signed};
use crate::weights::Weights;
use gpu_bridge_checkpoint::ModelFolder;

pub(super) const ARCHITECTURE: Architecture =
    Architecture { model_type: "bert", prefixes: &["bert."], shape, build };

/// What a checkpoint may hold beside the encoder: heads, the pooler, and a table of 0, 1, 2, … that old versions saved.
const UNUSED: [&str; 5] = ["pooler.", "cls.", "classifier.", "qa_outputs.", "embeddings.position_ids"];

#[derive(Deserialize)]
struct Config {
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    vocab_size: usize,
    max_position_embeddings: usize,
    #[serde(default = "two")]
    type_vocab_size: usize,
    #[serde(default = "tiny")]
    layer_norm_eps: f64,
    #[serde(default = "gelu")]
    hidden_act: Activation,
    position_embedding_type: Option<String>,
}

struct Bert {
    words: Tensor,
    /// Position and token type 0 together, `[positions, hidden]`.
    places: Tensor,
    /// What each token type adds beyond type 0, `[types, hidden]`.
    types: Tensor,
    norm: LayerNorm,
    layers: Vec<Layer>,
}

struct Layer {
    qkv: Linear,
    output: Linear,
    attention_norm: LayerNorm,
    up: Linear,
    down: Linear,
    norm: LayerNorm,
    heads: i64,
    activation: Activation,
}

fn shape(folder: &ModelFolder) -> Result<Shape, Error> {
    let config = Config::load(folder)?;
    let (vocabulary, positions) = (config.vocab_size, config.max_position_embeddings);
    let limits = Limits { vocabulary, positions, numbering: Numbering::FromZero };
    Ok(Shape { hidden: config.hidden_size, layers: config.num_hidden_layers, limits })
}

fn build(folder: &ModelFolder, weights: &mut Weights, layers: usize) -> Result<Box<dyn Encoder>, Error> {
    let config = Config::load(folder)?;
    let model = Bert::take(&config, weights, layers)?;
    weights
        .ignore(|name| UNUSED.iter().any(|unused| name.starts_with(unused)) || beyond(name, layers, &config));
    Ok(Box::new(model))
}

/// Whether `name` belongs to a layer that the model has but that was cut off.
fn beyond(name: &str, layers: usize, config: &Config) -> bool {
    let number = name.strip_prefix("encoder.layer.").and_then(|rest| rest.split('.').next()?.parse().ok());
    number.is_some_and(|number: usize| (layers..config.num_hidden_layers).contains(&number))
}

impl Config {
    fn load(folder: &ModelFolder) -> Result<Self, Error> {
        let config: Self = folder.json("config.json")?;
        match config.problem() {
            Some(problem) => Err(folder.problem("config.json", problem).into()),
            None => Ok(config),
        }
    }

    fn problem(&self) -> Option<String> {
        let positions = self.position_embedding_type.as_deref().unwrap_or("absolute");
        if positions != "absolute" {
            Some(format!(
                "Positions of the type `{positions}` are not supported for bert; only absolute ones are."
            ))
        } else if self.num_attention_heads == 0 || !self.hidden_size.is_multiple_of(self.num_attention_heads)
        {
            let (hidden, heads) = (self.hidden_size, self.num_attention_heads);
            Some(format!("A hidden size of {hidden} can't be split among {heads} heads."))
        } else {
            None
        }
    }
}

impl Bert {
    fn take(config: &Config, weights: &mut Weights, layers: usize) -> Result<Self, Error> {
        let hidden = signed(config.hidden_size);
        let mut table = |name: &str, rows: usize| {
            weights.take(&format!("embeddings.{name}_embeddings.weight"), &[signed(rows), hidden])
        };
        let words = table("word", config.vocab_size)?;
        let types = table("token_type", config.type_vocab_size)?;
        let first = types.f_narrow(0, 0, 1)?;
        let places = table("position", config.max_position_embeddings)?.f_add(&first)?;
        let types = types.f_sub(&first)?;
        let norm = LayerNorm::take(weights, "embeddings.LayerNorm", hidden, config.layer_norm_eps)?;
        let layers =
            (0..layers).map(|number| Layer::take(config, weights, number)).collect::<Result<_, _>>()?;
        Ok(Self { words, places, types, norm, layers })
    }
}

impl Encoder for Bert {
    fn forward(&self, batch: &PackedBatch) -> Result<Tensor, Error> {
        let words = self.words.f_index_select(0, &batch.ids)?;
        let places = self.places.f_index_select(0, &batch.positions)?;
        let mut embedded = words.f_add(&places)?;
        if let Some(types) = &batch.types {
            embedded = embedded.f_add(&self.types.f_index_select(0, types)?)?;
        }
        let embedded = self.norm.forward(&embedded)?;
        self.layers.iter().try_fold(embedded, |states, layer| layer.forward(&states, batch))
    }
}

impl Layer {
    fn take(config: &Config, weights: &mut Weights, number: usize) -> Result<Self, Error> {
        let name = |part: &str| format!("encoder.layer.{number}.{part}");
        let (hidden, inner) = (signed(config.hidden_size), signed(config.intermediate_size));
        let [q, k, v] = ["query", "key", "value"].map(|part| name(&format!("attention.self.{part}")));
        let epsilon = config.layer_norm_eps;
        Ok(Self {
            qkv: Linear::fused(weights, &[&q, &k, &v], hidden, hidden)?,
            output: Linear::take(weights, &name("attention.output.dense"), hidden, hidden)?,
            attention_norm: LayerNorm::take(weights, &name("attention.output.LayerNorm"), hidden, epsilon)?,
            up: Linear::take(weights, &name("intermediate.dense"), hidden, inner)?,
            down: Linear::take(weights, &name("output.dense"), inner, hidden)?,
            norm: LayerNorm::take(weights, &name("output.LayerNorm"), hidden, epsilon)?,
            heads: signed(config.num_attention_heads),
            activation: config.hidden_act,
        })
    }

    /// `states` `[rows, hidden]` to the same shape.
    fn forward(&self, states: &Tensor, batch: &PackedBatch) -> Result<Tensor, Error> {
        let context = attention(&self.qkv.forward(states)?, batch, self.heads)?;
        let attended = self.attention_norm.forward(&self.output.forward_add(&context, states)?)?;
        let inner = self.up.forward_activated(&attended, self.activation)?;
        self.norm.forward(&self.down.forward_add(&inner, &attended)?)
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
