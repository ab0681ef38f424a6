//! The feed-forward part of gated linear units (Shazeer 2020): one projection through an activation scales another.
//!
//! Both projections are one layer. SwiGLU is this with SiLU, GeGLU with GELU.

use tch::Tensor;

use super::activation::Activation;
use super::layers::Linear;
use crate::Error;

/// `down(activation(a) · b)`, `a` and `b` being the halves of `up`.
pub(super) struct GatedMlp {
    /// `[tokens, hidden]` to `[tokens, 2 * inner]`; the half that the activation takes comes first.
    pub(super) up: Linear,
    pub(super) down: Linear,
    pub(super) activation: Activation,
}

impl GatedMlp {
    /// `x` and `residual`, both `[tokens, hidden]`, to the same shape.
    pub(super) fn forward_add(&self, x: &Tensor, residual: &Tensor) -> Result<Tensor, Error> {
        let both = self.up.forward(x)?.f_chunk(2, -1)?;
        let [gate, value] = &both[..] else { return Ok(residual.shallow_clone()) };
        let inner = self.activation.apply(gate)?.f_mul(value)?;
        self.down.forward_add(&inner, residual)
    }
}
