//! NomicBERT (Nussbaum et al. 2024): BERT with rotary positions and SwiGLU, mostly without biases.
//!
//! Checkpoints have the names of Nomic's own code or, where transformers 5 saved them, its names; configs have either's keys
//! or both. Where a text is longer than the model was trained on and `rotary_scaling_factor` is set, its positions are
//! stretched by its own length, as Nomic's code does it for a text alone.

mod config;
mod names;

use gpu_bridge_checkpoint::ModelFolder;
use tch::Tensor;

use self::config::NomicConfig;
use self::names::Names;
use super::biases::Biases;
use super::config::Config;
use super::gated_mlp::GatedMlp;
use super::layers::{LayerNorm, Linear};
use super::rotary::{Rotary, Turns};
use super::rotary_attention::{RotaryAttention, Sight};
use super::{Architecture, Encoder, Shape, leftovers};
use crate::Error;
use crate::packing::{PackedBatch, signed};
use crate::weights::Weights;

pub(super) const ARCHITECTURE: Architecture =
    Architecture { model_type: "nomic_bert", prefixes: &["bert.", "nomic_bert."], shape, build };

/// What a checkpoint may hold beside the encoder.
const UNUSED: [&str; 3] = ["pooler.", "cls.", "classifier."];

struct NomicBert {
    /// Words and token type 0 together, `[vocabulary, hidden]`.
    words: Tensor,
    /// What each token type adds beyond type 0, `[types, hidden]`.
    types: Tensor,
    norm: LayerNorm,
    rotary: Rotary,
    layers: Vec<Layer>,
}

struct Layer {
    attention: RotaryAttention,
    attention_norm: LayerNorm,
    mlp: GatedMlp,
    norm: LayerNorm,
}

fn shape(folder: &ModelFolder) -> Result<Shape, Error> {
    Ok(NomicConfig::load(folder)?.shape())
}

fn build(folder: &ModelFolder, weights: &mut Weights, layers: usize) -> Result<Box<dyn Encoder>, Error> {
    let config = NomicConfig::load(folder)?;
    let names = Names::of(weights);
    let model = NomicBert::take(&config, names, weights, layers)?;
    leftovers::ignore(weights, &UNUSED, names.layers, &(layers..config.shape().layers));
    Ok(Box::new(model))
}

impl NomicBert {
    fn take(
        config: &NomicConfig,
        names: &Names,
        weights: &mut Weights,
        layers: usize,
    ) -> Result<Self, Error> {
        let hidden = signed(config.shape().hidden);
        let mut table = |name: &str, rows: usize| {
            weights.take(&format!("embeddings.{name}_embeddings.weight"), &[signed(rows), hidden])
        };
        let (words, types) = (table("word", config.vocabulary())?, table("token_type", config.types())?);
        let first = types.f_narrow(0, 0, 1)?;
        let rotary = Rotary::new(config.head(), config.theta(), weights.placement().device)?;
        Ok(Self {
            words: words.f_add(&first)?,
            types: types.f_sub(&first)?,
            norm: LayerNorm::take(weights, names.embeddings_norm, hidden, config.epsilon())?,
            rotary: rotary.stretched(config.stretch()),
            layers: (0..layers)
                .map(|number| Layer::take(config, names, weights, number))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl Encoder for NomicBert {
    fn forward(&self, batch: &PackedBatch) -> Result<Tensor, Error> {
        let mut embedded = self.words.f_index_select(0, &batch.ids)?;
        if let Some(types) = &batch.types {
            embedded = embedded.f_add(&self.types.f_index_select(0, types)?)?;
        }
        let turns = self.rotary.turns(batch)?;
        let embedded = self.norm.forward(&embedded)?;
        self.layers.iter().try_fold(embedded, |states, layer| layer.forward(&states, batch, &turns))
    }
}

impl Layer {
    fn take(
        config: &NomicConfig,
        names: &Names,
        weights: &mut Weights,
        number: usize,
    ) -> Result<Self, Error> {
        let name = |part: &str| format!("{}{number}.{part}", names.layers);
        let ([hidden, inner], biases) =
            ([config.shape().hidden, config.inner()].map(signed), config.biases());
        let width = config.split().heads * config.split().head;
        let mut linear = |parts: &[&str], inputs: i64, outputs: i64, biased: bool| {
            let named: Vec<String> = parts.iter().map(|part| name(part)).collect();
            let parts: Vec<_> = named.iter().map(|name| (&**name, outputs / signed(named.len()))).collect();
            Linear::joined(weights, &parts, inputs, biased)
        };
        let attention = RotaryAttention {
            qkv: linear(names.qkv, hidden, 3 * width, biases.attention)?,
            norms: None,
            output: linear(&[names.output], width, hidden, biases.attention)?,
            split: config.split(),
        };
        let mlp = GatedMlp {
            up: linear(&[names.gate, names.up], hidden, 2 * inner, biases.up)?,
            down: linear(&[names.down], inner, hidden, biases.down)?,
            activation: config.activation(),
        };
        let mut norm = |part| LayerNorm::take(weights, &name(part), hidden, config.epsilon());
        Ok(Self { attention, attention_norm: norm(names.attention_norm)?, mlp, norm: norm(names.norm)? })
    }

    /// `states` `[rows, hidden]` to the same shape.
    fn forward(&self, states: &Tensor, batch: &PackedBatch, turns: &Turns) -> Result<Tensor, Error> {
        let sight = Sight { biases: &Biases::default(), causal: false };
        let attended = self.attention.forward_add(states, states, batch, turns, &sight)?;
        let attended = self.attention_norm.forward(&attended)?;
        self.norm.forward(&self.mlp.forward_add(&attended, &attended)?)
    }
}
