//! NomicBERT (Nussbaum et al. 2024): BERT with rotary positions and SwiGLU, and without biases but in its norms.
//!
//! transformers 5 writes its own keys in config.json and leaves the weights the names of Nomic's code, so both are read.
//! Where a text is longer than the model was trained on and `rotary_scaling_factor` is set, its positions are stretched by
//! its own length, as Nomic's code does it for a text alone.

mod config;

use gpu_bridge_checkpoint::ModelFolder;
use tch::Tensor;

use self::config::NomicConfig;
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

/// Where the layers are.
const LAYERS: &str = "encoder.layers.";

/// What a checkpoint may hold beside the encoder.
const UNUSED: [&str; 3] = ["pooler.", "cls.", "classifier."];

/// The feed-forward part is `fc2(fc11(x) · silu(fc12(x)))`: the second is the gate, in spite of its number.
const GATE_AND_VALUE: [&str; 2] = ["mlp.fc12", "mlp.fc11"];

struct NomicBert {
    /// Words and token type 0 together, `[vocabulary, hidden]`.
    words: Tensor,
    /// What each token type adds beyond type 0, `[types, hidden]`; `None` where there is but one.
    types: Option<Tensor>,
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
    let model = NomicBert::take(&config, weights, layers)?;
    leftovers::ignore(weights, &UNUSED, LAYERS, &(layers..config.shape().layers));
    Ok(Box::new(model))
}

impl NomicBert {
    fn take(config: &NomicConfig, weights: &mut Weights, layers: usize) -> Result<Self, Error> {
        let hidden = signed(config.shape().hidden);
        let mut table = |name: &str, rows: usize| {
            weights.take(&format!("embeddings.{name}_embeddings.weight"), &[signed(rows), hidden])
        };
        let (words, types) = (table("word", config.vocabulary())?, table("token_type", config.types())?);
        let first = types.f_narrow(0, 0, 1)?;
        let rotary = Rotary::new(config.head(), config.theta(), weights.placement().device)?;
        Ok(Self {
            words: words.f_add(&first)?,
            types: (config.types() > 1).then(|| types.f_sub(&first)).transpose()?,
            norm: LayerNorm::take(weights, "emb_ln", hidden, config.epsilon())?,
            rotary: rotary.stretched(config.stretch()),
            layers: (0..layers)
                .map(|number| Layer::take(config, weights, number))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl Encoder for NomicBert {
    fn forward(&self, batch: &PackedBatch) -> Result<Tensor, Error> {
        let mut embedded = self.words.f_index_select(0, &batch.ids)?;
        if let (Some(table), Some(types)) = (&self.types, &batch.types) {
            embedded = embedded.f_add(&table.f_index_select(0, types)?)?;
        }
        let turns = self.rotary.turns(batch)?;
        let embedded = self.norm.forward(&embedded)?;
        self.layers.iter().try_fold(embedded, |states, layer| layer.forward(&states, batch, &turns))
    }
}

impl Layer {
    fn take(config: &NomicConfig, weights: &mut Weights, number: usize) -> Result<Self, Error> {
        let name = |part: &str| format!("{LAYERS}{number}.{part}");
        let [hidden, inner, width] = [config.shape().hidden, config.inner(), config.width()].map(signed);
        let mut linear = |parts: &[&str], inputs: i64, outputs: i64| {
            let names: Vec<String> = parts.iter().map(|part| name(part)).collect();
            let parts: Vec<_> = names.iter().map(|name| (&**name, outputs)).collect();
            Linear::joined(weights, &parts, inputs, false)
        };
        let attention = RotaryAttention {
            qkv: linear(&["attn.Wqkv"], hidden, 3 * width)?,
            norms: None,
            output: linear(&["attn.out_proj"], width, hidden)?,
            split: config.split(),
        };
        let mlp = GatedMlp {
            up: linear(&GATE_AND_VALUE, hidden, inner)?,
            down: linear(&["mlp.fc2"], inner, hidden)?,
            activation: config.activation(),
        };
        let mut norm = |part| LayerNorm::take(weights, &name(part), hidden, config.epsilon());
        Ok(Self { attention, attention_norm: norm("norm1")?, mlp, norm: norm("norm2")? })
    }

    /// `states` `[rows, hidden]` to the same shape.
    fn forward(&self, states: &Tensor, batch: &PackedBatch, turns: &Turns) -> Result<Tensor, Error> {
        let attended = self.attention.forward_add(states, states, batch, turns, Sight::Whole)?;
        let attended = self.attention_norm.forward(&attended)?;
        self.norm.forward(&self.mlp.forward_add(&attended, &attended)?)
    }
}
