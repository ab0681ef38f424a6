//! Decoders as encoders: Qwen3-Embedding and its kin, whose text's last token, or all of them, make the vector.
//!
//! Qwen2, Qwen3, Mistral and Llama differ in biases, in norms of the heads and in windows; EuroBERT is the same and looks
//! both ways. The language model's head is ignored. A cut model keeps the norm behind its last layer.

mod config;

use gpu_bridge_checkpoint::ModelFolder;
use tch::Tensor;

use self::config::DecoderConfig;
use super::biases::Biases;
use super::config::Config;
use super::gated_mlp::GatedMlp;
use super::layers::Linear;
use super::rms_norm::{HeadNorms, RmsNorm};
use super::rotary::Rotary;
use super::rotary_attention::{RotaryAttention, Sight, Split};
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

/// What a checkpoint may hold beside the body: the heads, and the table of speeds that old versions saved with the layers.
const UNUSED: [&str; 4] = ["lm_head.", "score.", "classifier.", "rotary_emb.inv_freq"];

struct Decoder {
    words: Tensor,
    rotary: Rotary,
    /// Of the layers that see a window.
    window: Option<Window>,
    causal: bool,
    layers: Vec<Layer>,
    norm: RmsNorm,
}

struct Layer {
    windowed: bool,
    attention_norm: RmsNorm,
    attention: RotaryAttention,
    mlp_norm: RmsNorm,
    mlp: GatedMlp,
}

fn shape(folder: &ModelFolder) -> Result<Shape, Error> {
    Ok(DecoderConfig::load(folder)?.shape())
}

fn build(folder: &ModelFolder, weights: &mut Weights, layers: usize) -> Result<Box<dyn Encoder>, Error> {
    let config = DecoderConfig::load(folder)?;
    let model = Decoder::take(&config, weights, layers)?;
    leftovers::ignore(weights, &UNUSED, "layers.", &(layers..config.num_hidden_layers));
    weights.ignore(|name| name.ends_with(".self_attn.rotary_emb.inv_freq"));
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
        let whole = Biases::default();
        let windows = self.window.map(|window| window.biases(batch, &embedded)).transpose()?;
        let states = self.layers.iter().try_fold(embedded, |states, layer| {
            let biases = windows.as_ref().filter(|_| layer.windowed).unwrap_or(&whole);
            let sight = Sight { biases, causal: self.causal };
            let normed = layer.attention_norm.forward(&states)?;
            let attended = layer.attention.forward_add(&normed, &states, batch, &turns, &sight)?;
            layer.mlp.forward_add(&layer.mlp_norm.forward(&attended)?, &attended)
        })?;
        self.norm.forward(&states)
    }
}

impl Layer {
    fn take(config: &DecoderConfig, weights: &mut Weights, number: usize) -> Result<Self, Error> {
        let name = |part: &str| format!("layers.{number}.{part}");
        let (hidden, epsilon) = (signed(config.hidden_size), config.rms_norm_eps);
        Ok(Self {
            windowed: config.windowed(number),
            attention_norm: RmsNorm::take(weights, &name("input_layernorm"), hidden, epsilon)?,
            attention: attention(config, weights, &name("self_attn."))?,
            mlp_norm: RmsNorm::take(weights, &name("post_attention_layernorm"), hidden, epsilon)?,
            mlp: mlp(config, weights, &name("mlp."))?,
        })
    }
}

fn attention(config: &DecoderConfig, weights: &mut Weights, prefix: &str) -> Result<RotaryAttention, Error> {
    let Split { heads, key_heads, head } = config.split();
    let (hidden, biases) = (signed(config.hidden_size), config.biases());
    let [q, k, v, o] = ["q", "k", "v", "o"].map(|part| format!("{prefix}{part}_proj"));
    let parts = [(&*q, heads * head), (&*k, key_heads * head), (&*v, key_heads * head)];
    let [queries, keys] = ["q_norm", "k_norm"].map(|part| format!("{prefix}{part}"));
    let norms = [(&*queries, heads), (&*keys, key_heads)];
    let norms = config
        .norms_heads()
        .then(|| HeadNorms::take(weights, norms, head, config.rms_norm_eps))
        .transpose()?;
    Ok(RotaryAttention {
        qkv: Linear::joined(weights, &parts, hidden, biases.qkv)?,
        norms,
        output: Linear::joined(weights, &[(&o, hidden)], heads * head, biases.output)?,
        split: config.split(),
    })
}

fn mlp(config: &DecoderConfig, weights: &mut Weights, prefix: &str) -> Result<GatedMlp, Error> {
    let [hidden, inner] = [config.hidden_size, config.intermediate_size].map(signed);
    let [gate, up, down] = ["gate", "up", "down"].map(|part| format!("{prefix}{part}_proj"));
    let biased = config.biases().mlp;
    Ok(GatedMlp {
        up: Linear::joined(weights, &[(&gate, inner), (&up, inner)], hidden, biased)?,
        down: Linear::joined(weights, &[(&down, hidden)], inner, biased)?,
        activation: config.hidden_act,
    })
}
