//! Attention within a window: a token sees only tokens that are near enough.
//!
//! What lies outside gets minus infinity as a bias. A text that fits into the window as a whole needs none.

use tch::{Kind, Tensor};

use super::biases::Biases;
use crate::Error;
use crate::packing::PackedBatch;

/// How far a token sees, in tokens beside itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) back: i64,
    pub(super) ahead: i64,
}

impl Window {
    /// The biases of `batch` for states like `states`, none for texts that the window holds.
    pub(super) fn biases(self, batch: &PackedBatch, states: &Tensor) -> Result<Biases, Error> {
        let kind = states.f_kind()?;
        Biases::beyond(self.back.max(self.ahead) + 1, batch, |length| {
            let closed = Tensor::f_full([length, length], f64::NEG_INFINITY, (kind, states.device()))?;
            Ok(closed.f_triu(self.ahead + 1)?.f_add(&closed.f_tril(-self.back - 1)?)?)
        })
    }
}
