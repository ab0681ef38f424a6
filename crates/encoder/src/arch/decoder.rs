//! Decoders as encoders: Qwen3-Embedding and its kin, whose text's last token, or all of them, make the vector.
//!
//! Qwen2, Qwen3, Mistral and Llama differ in biases, in norms of the heads and in windows; EuroBERT is the same and looks
//! both ways. The language model's head is ignored. A cut model keeps the norm behind its last layer.

mod config;
mod layer;

use gpu_bridge_checkpoint::ModelFolder;
use tch::Tensor;

use self::config::DecoderConfig;
use self::layer::Layer;
use super::config::Config;
use super::rms_norm::RmsNorm;
use super::rotary::Rotary;
use super::rotary_attention::Sight;
use super::window::Window;
use super::{Architecture, Encoder, Shape, leftovers};
use crate::Error;
use crate::packing::{PackedBatch, signed};
use crate::weights::Weights;

pub(super) const QWEN3: Architecture = named("qwen3");
pub(super) const QWEN2: Architecture = named("qwen2");
pub(super) const MISTRAL: Architecture = named("mistral");
pub(super) const LLAMA: Architecture = named("llama");
pub(super) const EUROBERT: Architecture = named("eurobert");

const fn named(model_type: &'static str) -> Architecture {
    Architecture { model_type, prefixes: &["model."], shape, build }
}

/// The heads that a checkpoint may hold.
const UNUSED: [&str; 3] = ["lm_head.", "score.", "classifier."];

/// What old versions saved with each layer, or once; it follows from config.json.
const SPEEDS: &str = "rotary_emb.inv_freq";

struct Decoder {
    words: Tensor,
    rotary: Rotary,
    /// Of the layers that see a window.
    window: Option<Window>,
    causal: bool,
    layers: Vec<Layer>,
    norm: RmsNorm,
}

fn shape(folder: &ModelFolder) -> Result<Shape, Error> {
    Ok(DecoderConfig::load(folder)?.shape())
}

fn build(folder: &ModelFolder, weights: &mut Weights, layers: usize) -> Result<Box<dyn Encoder>, Error> {
    let config = DecoderConfig::load(folder)?;
    let model = Decoder::take(&config, weights, layers)?;
    leftovers::ignore(weights, &UNUSED, "layers.", &(layers..config.num_hidden_layers));
    weights.ignore(|name| name.ends_with(SPEEDS));
    Ok(Box::new(model))
}

impl Decoder {
    fn take(config: &DecoderConfig, weights: &mut Weights, layers: usize) -> Result<Self, Error> {
        let [vocabulary, hidden] = [config.vocab_size, config.hidden_size].map(signed);
        let device = weights.placement().device;
        Ok(Self {
            words: weights.take("embed_tokens.weight", &[vocabulary, hidden])?,
            rotary: Rotary::new(config.head(), config.theta(), device)?,
            window: config.window(),
            causal: config.causal(),
            layers: (0..layers)
                .map(|number| Layer::take(config, weights, number))
                .collect::<Result<_, _>>()?,
            norm: RmsNorm::take(weights, "norm", hidden, config.rms_norm_eps)?,
        })
    }
}

impl Encoder for Decoder {
    fn forward(&self, batch: &PackedBatch) -> Result<Tensor, Error> {
        let embedded = self.words.f_index_select(0, &batch.ids)?;
        let turns = self.rotary.turns(batch)?;
        let windows = self.window.map(|window| window.over(batch, &embedded)).transpose()?;
        let states = self.layers.iter().try_fold(embedded, |states, layer| {
            let sight = match windows.as_ref().filter(|_| layer.windowed) {
                Some(windows) => Sight::Near(windows),
                None if self.causal => Sight::Causal,
                None => Sight::Whole,
            };
            let normed = layer.attention_norm.forward(&states)?;
            let attended = layer.attention.forward_add(&normed, &states, batch, &turns, sight)?;
            layer.mlp.forward_add(&layer.mlp_norm.forward(&attended)?, &attended)
        })?;
        self.norm.forward(&states)
    }
}
