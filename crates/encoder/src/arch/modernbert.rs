//! ModernBERT (Warner et al. 2024): norms before the sums, gated feed-forward parts, rotary positions, and a few layers
//! that see the whole text among many that see a window of it.
//!
//! There are no token types. A cut model keeps the norm behind its last layer, as bert-score cuts it.

mod config;

use gpu_bridge_checkpoint::ModelFolder;
use tch::Tensor;

use self::config::{ModernBertConfig, Reach};
use super::config::Config;
use super::gated_mlp::GatedMlp;
use super::layers::{LayerNorm, Linear};
use super::rotary::Rotary;
use super::rotary_attention::{RotaryAttention, Sight};
use super::window::Window;
use super::{Architecture, Encoder, Shape, leftovers};
use crate::Error;
use crate::packing::{PackedBatch, signed};
use crate::weights::Weights;

pub(super) const ARCHITECTURE: Architecture =
    Architecture { model_type: "modernbert", prefixes: &["model."], shape, build };

/// What a checkpoint may hold beside the encoder.
const UNUSED: [&str; 3] = ["head.", "decoder.", "classifier."];

struct ModernBert {
    words: Tensor,
    norm: LayerNorm,
    /// Positions of the layers that see everything.
    global: Rotary,
    /// Positions of the layers that see a window.
    local: Rotary,
    window: Window,
    layers: Vec<Layer>,
    final_norm: LayerNorm,
}

struct Layer {
    reach: Reach,
    /// The first layer has none: the norm of the embeddings is right before it.
    attention_norm: Option<LayerNorm>,
    attention: RotaryAttention,
    mlp_norm: LayerNorm,
    mlp: GatedMlp,
}

fn shape(folder: &ModelFolder) -> Result<Shape, Error> {
    Ok(ModernBertConfig::load(folder)?.shape())
}

fn build(folder: &ModelFolder, weights: &mut Weights, layers: usize) -> Result<Box<dyn Encoder>, Error> {
    let config = ModernBertConfig::load(folder)?;
    let model = ModernBert::take(&config, weights, layers)?;
    leftovers::ignore(weights, &UNUSED, "layers.", &(layers..config.num_hidden_layers));
    Ok(Box::new(model))
}

impl ModernBert {
    fn take(config: &ModernBertConfig, weights: &mut Weights, layers: usize) -> Result<Self, Error> {
        let [vocabulary, hidden] = [config.vocab_size, config.hidden_size].map(signed);
        let device = weights.placement().device;
        let rotary = |reach| Rotary::new(config.head(), config.theta(reach), device);
        let window = signed(config.local_attention / 2);
        Ok(Self {
            words: weights.take("embeddings.tok_embeddings.weight", &[vocabulary, hidden])?,
            norm: config.norm(weights, "embeddings.norm")?,
            global: rotary(Reach::Full)?,
            local: rotary(Reach::Sliding)?,
            window: Window { back: window, ahead: window },
            layers: (0..layers)
                .map(|number| Layer::take(config, weights, number))
                .collect::<Result<_, _>>()?,
            final_norm: config.norm(weights, "final_norm")?,
        })
    }
}

impl Encoder for ModernBert {
    fn forward(&self, batch: &PackedBatch) -> Result<Tensor, Error> {
        let embedded = self.norm.forward(&self.words.f_index_select(0, &batch.ids)?)?;
        let (global, local) = (self.global.turns(batch)?, self.local.turns(batch)?);
        let windows = self.window.over(batch, &embedded)?;
        let states = self.layers.iter().try_fold(embedded, |states, layer| {
            let (turns, sight) = match layer.reach {
                Reach::Full => (&global, Sight::Whole),
                Reach::Sliding => (&local, Sight::Near(&windows)),
            };
            let normed = layer.attention_norm.as_ref().map(|norm| norm.forward(&states)).transpose()?;
            let input = normed.as_ref().unwrap_or(&states);
            let attended = layer.attention.forward_add(input, &states, batch, turns, sight)?;
            layer.mlp.forward_add(&layer.mlp_norm.forward(&attended)?, &attended)
        })?;
        self.final_norm.forward(&states)
    }
}

impl Layer {
    fn take(config: &ModernBertConfig, weights: &mut Weights, number: usize) -> Result<Self, Error> {
        let name = |part: &str| format!("layers.{number}.{part}");
        let [hidden, inner] = [config.hidden_size, config.intermediate_size].map(signed);
        let mut linear = |part: &str, inputs, outputs, biased| {
            Linear::joined(weights, &[(&name(part), outputs)], inputs, biased)
        };
        let attention = RotaryAttention {
            qkv: linear("attn.Wqkv", hidden, 3 * hidden, config.attention_bias)?,
            norms: None,
            output: linear("attn.Wo", hidden, hidden, config.attention_bias)?,
            split: config.split(),
        };
        let mlp = GatedMlp {
            up: linear("mlp.Wi", hidden, 2 * inner, config.mlp_bias)?,
            down: linear("mlp.Wo", inner, hidden, config.mlp_bias)?,
            activation: config.hidden_activation,
        };
        let mut norm = |part: &str| config.norm(weights, &name(part));
        let attention_norm = (number > 0).then(|| norm("attn_norm")).transpose()?;
        let mlp_norm = norm("mlp_norm")?;
        Ok(Self { reach: config.reach(number), attention_norm, attention, mlp_norm, mlp })
    }
}
