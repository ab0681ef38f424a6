//! The parts that encoders are built of, all over packed tokens.

use gpu_bridge_torch_ext::{Activation, PackedLinear, has_onednn};
use tch::{Device, Kind, Tensor};

use crate::Error;
use crate::packing::{Group, PackedBatch};
use crate::weights::{Placement, Weights};

/// Input rows a prepacked weight is laid out for: a full forward on the processor.
const ROWS: i64 = 1024;

/// `y = x · weightᵀ + bias`, on the processor through oneDNN with a prepacked weight.
pub(super) enum Linear {
    Packed(PackedLinear),
    Plain { weight: Tensor, bias: Tensor },
}

impl Linear {
    /// Takes `{name}.weight` `[outputs, inputs]` and `{name}.bias`.
    pub(super) fn take(weights: &mut Weights, name: &str, inputs: i64, outputs: i64) -> Result<Self, Error> {
        Self::fused(weights, &[name], inputs, outputs)
    }

    /// Takes several layers over the same input as one, their outputs side by side.
    pub(super) fn fused(
        weights: &mut Weights,
        names: &[&str],
        inputs: i64,
        outputs: i64,
    ) -> Result<Self, Error> {
        let placement = weights.placement();
        let (mut matrices, mut biases) = (Vec::new(), Vec::new());
        for name in names {
            matrices.push(weights.take(&format!("{name}.weight"), &[outputs, inputs])?);
            biases.push(weights.take(&format!("{name}.bias"), &[outputs])?);
        }
        Self::new(Tensor::f_cat(&matrices, 0)?, Tensor::f_cat(&biases, 0)?, placement)
    }

    fn new(weight: Tensor, bias: Tensor, placement: Placement) -> Result<Self, Error> {
        let packs = matches!(placement.kind, Kind::Float | Kind::BFloat16) && has_onednn()?;
        if placement.device == Device::Cpu && packs {
            return Ok(Self::Packed(PackedLinear::new(&weight, Some(bias), ROWS)?));
        }
        Ok(Self::Plain { weight, bias })
    }

    /// `x` `[tokens, inputs]` to `[tokens, outputs]`.
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor, Error> {
        match self {
            Self::Packed(layer) => Ok(layer.forward(x, Activation::None)?),
            Self::Plain { weight, bias } => Ok(x.f_linear(weight, Some(bias))?),
        }
    }

    /// [`Self::forward`], then the exact GELU.
    pub(super) fn forward_gelu(&self, x: &Tensor) -> Result<Tensor, Error> {
        match self {
            Self::Packed(layer) => Ok(layer.forward(x, Activation::Gelu)?),
            Self::Plain { weight, bias } => Ok(x.f_linear(weight, Some(bias))?.f_gelu("none")?),
        }
    }

    /// [`Self::forward`] plus `residual` `[tokens, outputs]`.
    pub(super) fn forward_add(&self, x: &Tensor, residual: &Tensor) -> Result<Tensor, Error> {
        match self {
            Self::Packed(layer) => Ok(layer.forward_add(x, residual)?),
            Self::Plain { weight, bias } => Ok(x.f_linear(weight, Some(bias))?.f_add(residual)?),
        }
    }
}

/// Layer normalisation over the last dimension.
pub(super) struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f64,
}

impl LayerNorm {
    /// Takes `{name}.weight` and `{name}.bias`, both `[width]`.
    pub(super) fn take(weights: &mut Weights, name: &str, width: i64, epsilon: f64) -> Result<Self, Error> {
        let weight = weights.take(&format!("{name}.weight"), &[width])?;
        let bias = weights.take(&format!("{name}.bias"), &[width])?;
        Ok(Self { weight, bias, epsilon })
    }

    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor, Error> {
        let width = self.weight.size();
        Ok(x.f_layer_norm(&width, Some(&self.weight), Some(&self.bias), self.epsilon, true)?)
    }
}

/// Self-attention of every text over itself: `qkv` `[rows, 3 * hidden]`, queries, keys and values side by side, to
/// `[rows, hidden]`.
///
/// Texts of equal length form a block without a mask, so nothing is padded; the views into `qkv` cost no copy. Spare rows
/// attend to nothing and get zeros.
pub(super) fn attention(qkv: &Tensor, batch: &PackedBatch, heads: i64) -> Result<Tensor, Error> {
    let texts = batch.groups.iter().map(|group| attend(&group.rows(qkv)?, group, heads));
    let mut contexts: Vec<Tensor> = texts.collect::<Result<_, _>>()?;
    if batch.spare > 0 {
        let hidden = qkv.size2()?.1 / 3;
        contexts.push(qkv.f_new_zeros([batch.spare, hidden], (qkv.f_kind()?, qkv.device()))?);
    }
    match &contexts[..] {
        [only] => Ok(only.shallow_clone()),
        many => Ok(Tensor::f_cat(many, 0)?),
    }
}

fn attend(qkv: &Tensor, group: &Group, heads: i64) -> Result<Tensor, Error> {
    let block = qkv.f_view([group.texts, group.length, 3, heads, -1])?.f_permute([2, 0, 3, 1, 4])?;
    let (q, k, v) = (block.f_select(0, 0)?, block.f_select(0, 1)?, block.f_select(0, 2)?);
    let context =
        Tensor::f_scaled_dot_product_attention::<Tensor>(&q, &k, &v, None, 0.0, false, None, false)?;
    Ok(context.f_transpose(1, 2)?.f_reshape([group.texts * group.length, -1])?)
}
