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
        let biases = names.iter().map(|name| weights.take(&format!("{name}.bias"), &[outputs]));
        let bias = Tensor::f_cat(&biases.collect::<Result<Vec<_>, _>>()?, 0)?;
        Self::new(stacked(weights, names, &[outputs, inputs])?, Some(bias), weights.placement())
    }

    /// Takes several layers without a bias over the same input as one, their outputs side by side.
    pub(super) fn unbiased(
        weights: &mut Weights,
        names: &[&str],
        inputs: i64,
        outputs: i64,
    ) -> Result<Self, Error> {
        Self::new(stacked(weights, names, &[outputs, inputs])?, None, weights.placement())
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

/// The weights of several layers, one below the other.
fn stacked(weights: &mut Weights, names: &[&str], shape: &[i64; 2]) -> Result<Tensor, Error> {
    let parts = names.iter().map(|name| weights.take(&format!("{name}.weight"), shape));
    Ok(Tensor::f_cat(&parts.collect::<Result<Vec<_>, _>>()?, 0)?)
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
