//! What the parts of a NomicBERT are called in its checkpoint.
//!
//! The feed-forward part is `down(up(x) · silu(gate(x)))`; Nomic's `fc11` is `up` and its `fc12` the gate.

use crate::weights::Weights;

/// Names below the layer, but for the norm of the embeddings and where the layers are.
pub(super) struct Names {
    pub(super) embeddings_norm: &'static str,
    pub(super) layers: &'static str,
    /// Queries, keys and values: one weight or three.
    pub(super) qkv: &'static [&'static str],
    pub(super) output: &'static str,
    pub(super) attention_norm: &'static str,
    pub(super) gate: &'static str,
    pub(super) up: &'static str,
    pub(super) down: &'static str,
    pub(super) norm: &'static str,
}

const NOMIC: Names = Names {
    embeddings_norm: "emb_ln",
    layers: "encoder.layers.",
    qkv: &["attn.Wqkv"],
    output: "attn.out_proj",
    attention_norm: "norm1",
    gate: "mlp.fc12",
    up: "mlp.fc11",
    down: "mlp.fc2",
    norm: "norm2",
};

const TRANSFORMERS: Names = Names {
    embeddings_norm: "embeddings.LayerNorm",
    layers: "layers.",
    qkv: &["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
    output: "self_attn.o_proj",
    attention_norm: "post_attention_layernorm",
    gate: "mlp.gate_proj",
    up: "mlp.up_proj",
    down: "mlp.down_proj",
    norm: "post_mlp_layernorm",
};

impl Names {
    /// The names that `weights` goes by.
    pub(super) fn of(weights: &Weights) -> &'static Self {
        let transformers = weights.has("embeddings.LayerNorm.weight");
        if transformers { &TRANSFORMERS } else { &NOMIC }
    }
}
