//! The part of config.json that both versions of DeBERTa have, with transformers' defaults.

use serde::Deserialize;

use super::kinds::Kinds;
use crate::arch::Shape;
use crate::arch::activation::Activation;
use crate::arch::post_norm::Form;
use crate::packing::{Limits, Numbering, signed};

/// See the module.
#[derive(Deserialize)]
pub(in crate::arch) struct DebertaConfig {
    pub(in crate::arch) hidden_size: usize,
    pub(in crate::arch) num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    pub(in crate::arch) vocab_size: usize,
    max_position_embeddings: usize,
    #[serde(default)]
    pub(in crate::arch) type_vocab_size: usize,
    #[serde(default = "tiny")]
    pub(in crate::arch) layer_norm_eps: f64,
    #[serde(default = "gelu")]
    hidden_act: Activation,
    embedding_size: Option<usize>,
    attention_head_size: Option<usize>,
    #[serde(default = "yes")]
    position_biased_input: bool,
    #[serde(default)]
    relative_attention: bool,
    #[serde(default = "unset")]
    max_relative_positions: i64,
    #[serde(default, rename = "pos_att_type")]
    pub(in crate::arch) kinds: Kinds,
}

impl DebertaConfig {
    pub(in crate::arch) fn shape(&self) -> Shape {
        let (vocabulary, positions) = (self.vocab_size, self.max_position_embeddings);
        let limits = Limits { vocabulary, positions, numbering: Numbering::FromZero };
        Shape { hidden: self.hidden_size, layers: self.num_hidden_layers, limits }
    }

    /// What can't be followed, as a full sentence.
    pub(in crate::arch) fn problem(&self) -> Option<String> {
        let (hidden, heads) = (self.hidden_size, self.num_attention_heads);
        if let Some(size) = self.attention_head_size.filter(|size| size * heads != hidden) {
            return Some(format!(
                "{heads} heads of the `attention_head_size` {size} don't make a hidden size of {hidden}."
            ));
        }
        self.form().problem()
    }

    pub(in crate::arch) fn form(&self) -> Form {
        Form {
            hidden: self.hidden_size,
            inner: self.intermediate_size,
            heads: self.num_attention_heads,
            epsilon: self.layer_norm_eps,
            activation: self.hidden_act,
        }
    }

    pub(in crate::arch) fn heads(&self) -> i64 {
        signed(self.num_attention_heads)
    }

    /// Width of the tables of words, places and token types.
    pub(super) fn width(&self) -> usize {
        self.embedding_size.unwrap_or(self.hidden_size)
    }

    /// Places that are added to words; 0 where none are.
    pub(super) fn places(&self) -> usize {
        if self.position_biased_input { self.max_position_embeddings } else { 0 }
    }

    /// Tokens of the longest text.
    pub(in crate::arch) fn longest(&self) -> i64 {
        signed(self.max_position_embeddings)
    }

    /// How far relative positions reach, or `None` where there are none.
    pub(in crate::arch) fn reach(&self) -> Option<i64> {
        let reach = self.max_relative_positions;
        self.relative_attention.then(|| if reach < 1 { self.longest() } else { reach })
    }

    /// What products are multiplied with where `terms` of them are summed: 1/√(head · terms).
    pub(in crate::arch) fn scale(&self, terms: usize) -> f64 {
        let head = self.hidden_size / self.num_attention_heads;
        1.0 / ((head * terms) as f64).sqrt()
    }
}

fn tiny() -> f64 {
    1e-7
}

fn gelu() -> Activation {
    Activation::Gelu
}

fn yes() -> bool {
    true
}

fn unset() -> i64 {
    -1
}
