//! A decoder's layer: attention and a gated feed-forward part, each behind a norm and with a residual around it.

use super::super::gated_mlp::GatedMlp;
use super::super::layers::Linear;
use super::super::rms_norm::{HeadNorms, RmsNorm};
use super::super::rotary_attention::{RotaryAttention, Split};
use super::config::DecoderConfig;
use crate::Error;
use crate::packing::signed;
use crate::weights::Weights;

/// One layer.
pub(super) struct Layer {
    pub(super) windowed: bool,
    pub(super) attention_norm: RmsNorm,
    pub(super) attention: RotaryAttention,
    pub(super) mlp_norm: RmsNorm,
    pub(super) mlp: GatedMlp,
}

impl Layer {
    /// Takes the layer `number`.
    pub(super) fn take(config: &DecoderConfig, weights: &mut Weights, number: usize) -> Result<Self, Error> {
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
