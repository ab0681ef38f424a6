//! Heads that mix each other's attention, before the softmax and behind it (Shazeer et al. 2020), which a DeBERTa v1 may
//! have. No fused kernel does that, so attention is spelled out.

use tch::Tensor;

use crate::Error;
use crate::arch::attention::{Attention, Heads};
use crate::weights::Weights;

/// See the module.
pub(in crate::arch) struct TalkingHeads {
    /// Mixes products, `[heads, heads]`.
    logits: Tensor,
    /// Mixes what the softmax makes of them, `[heads, heads]`.
    shares: Tensor,
}

impl TalkingHeads {
    /// Takes both below `prefix`, such as `encoder.layer.0.`.
    pub(in crate::arch) fn take(weights: &mut Weights, prefix: &str, heads: i64) -> Result<Self, Error> {
        let mut mixer = |part: &str| {
            weights.take(&format!("{prefix}attention.self.head_{part}_proj.weight"), &[heads, heads])
        };
        Ok(Self { logits: mixer("logits")?, shares: mixer("weights")? })
    }

    /// To the contexts of one group, `[texts * length, heads * head]`.
    pub(super) fn attend(&self, heads: &Heads, attention: &Attention<'_>) -> Result<Tensor, Error> {
        let scale = attention.scale.unwrap_or(1.0);
        let mut products = heads.queries.f_mul_scalar(scale)?.f_matmul(&heads.keys.f_transpose(2, 3)?)?;
        if let Some(bias) = attention.bias {
            products = products.f_add(bias)?;
        }
        let shares = mixed(&products, &self.logits)?.f_softmax(-1, products.f_kind()?)?;
        let contexts = mixed(&shares, &self.shares)?.f_matmul(&heads.values)?;
        Ok(contexts.f_transpose(1, 2)?.f_flatten(2, 3)?.f_flatten(0, 1)?)
    }
}

/// Each head of `x` `[texts, heads, length, length]` as the sum of all by a row of `mixer`.
fn mixed(x: &Tensor, mixer: &Tensor) -> Result<Tensor, Error> {
    Ok(x.f_permute([0, 2, 3, 1])?.f_linear(mixer, None::<&Tensor>)?.f_permute([0, 3, 1, 2])?)
}
