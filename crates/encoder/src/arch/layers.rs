//! The parts that encoders are built of, all over packed tokens.

use gpu_bridge_torch_ext::{Activation as Fused, PackedLinear, has_onednn};
use tch::{Device, Kind, Tensor};

use super::activation::Activation;
use crate::Error;
use crate::weights::{Placement, Weights};

/// Input rows a prepacked weight is laid out for: a full forward on the processor.
const ROWS: i64 = 1024;

/// `y = x · weightᵀ + bias`, or without a bias; on the processor through oneDNN with a prepacked weight.
pub(super) enum Linear {
    Packed(PackedLinear),
    Plain { weight: Tensor, bias: Option<Tensor> },
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
        let parts: Vec<_> = names.iter().map(|&name| (name, outputs)).collect();
        Self::joined(weights, &parts, inputs, true)
    }

    /// Takes several layers over the same input as one: the name and the outputs of each, and whether they have biases.
    pub(super) fn joined(
        weights: &mut Weights,
        parts: &[(&str, i64)],
        inputs: i64,
        biased: bool,
    ) -> Result<Self, Error> {
        let mut stacked = |part: &str, inner: &[i64]| {
            let shape = |outputs: i64| [&[outputs], inner].concat();
            let taken =
                parts.iter().map(|(name, outputs)| weights.take(&format!("{name}.{part}"), &shape(*outputs)));
            Ok::<_, Error>(Tensor::f_cat(&taken.collect::<Result<Vec<_>, _>>()?, 0)?)
        };
        let weight = stacked("weight", &[inputs])?;
        let bias = if biased { Some(stacked("bias", &[])?) } else { None };
        Self::new(weight, bias, weights.placement())
    }

    /// A layer of a weight `[outputs, inputs]` and a bias `[outputs]` that were taken, or made, already.
    pub(super) fn new(weight: Tensor, bias: Option<Tensor>, placement: Placement) -> Result<Self, Error> {
        let packs = matches!(placement.kind, Kind::Float | Kind::BFloat16) && has_onednn()?;
        if placement.device == Device::Cpu && packs {
            return Ok(Self::Packed(PackedLinear::new(&weight, bias, ROWS)?));
        }
        Ok(Self::Plain { weight, bias })
    }

    /// `x` `[tokens, inputs]` to `[tokens, outputs]`.
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor, Error> {
        match self {
            Self::Packed(layer) => Ok(layer.forward(x, Fused::None)?),
            Self::Plain { weight, bias } => Ok(x.f_linear(weight, bias.as_ref())?),
        }
    }

    /// [`Self::forward`], then `activation`; the exact GELU inside the same kernel where there is one.
    pub(super) fn forward_activated(&self, x: &Tensor, activation: Activation) -> Result<Tensor, Error> {
        match self {
            Self::Packed(layer) if activation == Activation::Gelu => Ok(layer.forward(x, Fused::Gelu)?),
            _ => activation.apply(&self.forward(x)?),
        }
    }

    /// [`Self::forward`] plus `residual` `[tokens, outputs]`.
    pub(super) fn forward_add(&self, x: &Tensor, residual: &Tensor) -> Result<Tensor, Error> {
        match self {
            Self::Packed(layer) => Ok(layer.forward_add(x, residual)?),
            Self::Plain { .. } => Ok(self.forward(x)?.f_add(residual)?),
        }
    }
}

/// Layer normalisation over the last dimension.
pub(super) struct LayerNorm {
    weight: Tensor,
    bias: Option<Tensor>,
    epsilon: f64,
}

impl LayerNorm {
    /// Takes `{name}.weight` and `{name}.bias`, both `[width]`.
    pub(super) fn take(weights: &mut Weights, name: &str, width: i64, epsilon: f64) -> Result<Self, Error> {
        let bias = weights.take(&format!("{name}.bias"), &[width])?;
        Ok(Self { bias: Some(bias), ..Self::unbiased(weights, name, width, epsilon)? })
    }

    /// Takes `{name}.weight` `[width]` of a norm that has no bias.
    pub(super) fn unbiased(
        weights: &mut Weights,
        name: &str,
        width: i64,
        epsilon: f64,
    ) -> Result<Self, Error> {
        let weight = weights.take(&format!("{name}.weight"), &[width])?;
        Ok(Self { weight, bias: None, epsilon })
    }

    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor, Error> {
        let width = self.weight.size();
        Ok(x.f_layer_norm(&width, Some(&self.weight), self.bias.as_ref(), self.epsilon, true)?)
    }
}
