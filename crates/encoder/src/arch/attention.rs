//! Self-attention of every text over itself, group by group.
//!
//! Texts of equal length form a block without a padding mask, so nothing is padded and a text never meets another. What an
//! architecture adds (relative positions, a window, a causal mask) is a bias over one block, the same for all its texts or
//! not, made by the architecture.

use tch::Tensor;

use crate::Error;
use crate::packing::{Group, PackedBatch};

/// Queries, keys and values of one group, each `[texts, heads, length, head]`; keys and values may have fewer heads.
pub(super) struct Heads {
    pub(super) queries: Tensor,
    pub(super) keys: Tensor,
    pub(super) values: Tensor,
}

/// What decides who attends to whom, and how sharply.
#[derive(Default)]
pub(super) struct Attention<'b> {
    /// Added to the scaled products, broadcast to `[texts, heads, length, length]`; minus infinity forbids.
    pub(super) bias: Option<&'b Tensor>,
    /// Whether a token sees only itself and those before it. Not together with a bias.
    pub(super) causal: bool,
    /// What products are multiplied with; 1/√head where not given.
    pub(super) scale: Option<f64>,
}

impl Heads {
    /// Views into `qkv` `[texts * length, 3 * hidden]`, queries, keys and values side by side; no copy.
    pub(super) fn fused(qkv: &Tensor, group: &Group, heads: i64) -> Result<Self, Error> {
        let block = qkv.f_view([group.texts, group.length, 3, heads, -1])?.f_permute([2, 0, 3, 1, 4])?;
        let part = |index| block.f_select(0, index);
        Ok(Self { queries: part(0)?, keys: part(1)?, values: part(2)? })
    }

    /// To the group's contexts, `[texts * length, heads * head]`.
    pub(super) fn attend(&self, attention: &Attention<'_>) -> Result<Tensor, Error> {
        let grouped = self.queries.size().get(1) != self.keys.size().get(1);
        let context = Tensor::f_scaled_dot_product_attention(
            &self.queries,
            &self.keys,
            &self.values,
            attention.bias,
            0.0,
            attention.causal,
            attention.scale,
            grouped,
        )?;
        let size = context.size();
        Ok(context.f_transpose(1, 2)?.f_reshape([size[0] * size[2], size[1] * size[3]])?)
    }
}

/// Splits `rows` `[texts * length, heads * head]` of one group into `[texts, heads, length, head]`; no copy.
pub(super) fn split(rows: &Tensor, group: &Group, heads: i64) -> Result<Tensor, Error> {
    Ok(rows.f_view([group.texts, group.length, heads, -1])?.f_transpose(1, 2)?)
}

/// `attend` over each group's rows of `projected`, joined to `[rows, hidden]`. Spare rows attend to nothing and get zeros.
pub(super) fn each_group(
    projected: &Tensor,
    batch: &PackedBatch,
    attend: impl Fn(&Tensor, &Group) -> Result<Tensor, Error>,
) -> Result<Tensor, Error> {
    let contexts = batch.groups.iter().map(|group| attend(&group.rows(projected)?, group));
    let mut contexts: Vec<Tensor> = contexts.collect::<Result<_, _>>()?;
    if let Some(hidden) = contexts.first().and_then(|context| context.size().last().copied())
        && batch.spare > 0
    {
        contexts
            .push(projected.f_new_zeros([batch.spare, hidden], (projected.f_kind()?, projected.device()))?);
    }
    match &contexts[..] {
        [only] => Ok(only.shallow_clone()),
        many => Ok(Tensor::f_cat(many, 0)?),
    }
}
