//! Self-attention with rotary positions, as ModernBERT, NomicBERT and decoders have it.
//!
//! Queries and keys are normed and turned together, as one block of heads, and keys may have fewer heads than queries.

use tch::Tensor;

use super::attention::{Attention, Heads, each_group, split};
use super::layers::Linear;
use super::rms_norm::HeadNorms;
use super::rotary::Turns;
use super::window::Windows;
use crate::Error;
use crate::packing::{Group, PackedBatch};

/// How the width is split.
#[derive(Debug, Clone, Copy)]
pub(super) struct Split {
    /// Heads of the queries.
    pub(super) heads: i64,
    /// Heads of the keys, and of the values.
    pub(super) key_heads: i64,
    /// Width of a head.
    pub(super) head: i64,
}

/// One layer's attention with its projections.
pub(super) struct RotaryAttention {
    /// To queries, keys and values side by side.
    pub(super) qkv: Linear,
    pub(super) norms: Option<HeadNorms>,
    pub(super) output: Linear,
    pub(super) split: Split,
}

/// What tokens see of their text.
#[derive(Clone, Copy)]
pub(super) enum Sight<'b> {
    /// All of it.
    Whole,
    /// Themselves and what is before them.
    Causal,
    /// A window.
    Near(&'b Windows),
}

impl RotaryAttention {
    /// `states` and `residual`, both `[rows, hidden]`, to the same shape.
    pub(super) fn forward_add(
        &self,
        states: &Tensor,
        residual: &Tensor,
        batch: &PackedBatch,
        turns: &Turns,
        sight: Sight<'_>,
    ) -> Result<Tensor, Error> {
        let Split { heads, key_heads, head } = self.split;
        let qkv = self.qkv.forward(states)?.f_view([-1, heads + 2 * key_heads, head])?;
        let [turning, values] = [(0, heads + key_heads), (heads + key_heads, key_heads)]
            .map(|(start, n)| qkv.f_narrow(1, start, n));
        let turned = turns.apply(&self.normed(turning?)?)?;
        let values = values?;
        let context = each_group(&turned, batch, |rows, group| {
            sight.attend(&self.heads(rows, &group.rows(&values)?, group)?, group)
        })?;
        self.output.forward_add(&context, residual)
    }

    fn normed(&self, heads: Tensor) -> Result<Tensor, Error> {
        match &self.norms {
            Some(norms) => norms.forward(&heads),
            None => Ok(heads),
        }
    }

    /// `turned` `[texts * length, query and key heads, head]` and `values` `[texts * length, value heads, head]`, apart.
    fn heads(&self, turned: &Tensor, values: &Tensor, group: &Group) -> Result<Heads, Error> {
        let Split { heads, key_heads, .. } = self.split;
        Ok(Heads {
            queries: split(&turned.f_narrow(1, 0, heads)?, group, heads)?,
            keys: split(&turned.f_narrow(1, heads, key_heads)?, group, key_heads)?,
            values: split(values, group, key_heads)?,
        })
    }
}

impl Sight<'_> {
    fn attend(self, heads: &Heads, group: &Group) -> Result<Tensor, Error> {
        match self {
            Self::Whole => heads.attend(&Attention::default()),
            Self::Causal => heads.attend(&Attention { causal: true, ..Attention::default() }),
            Self::Near(windows) => windows.attend(heads, group),
        }
    }
}
