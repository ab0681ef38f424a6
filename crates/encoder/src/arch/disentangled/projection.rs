//! A linear layer over content as a checkpoint has it, which at load also meets the table of positions or joins others.

use tch::Tensor;

use crate::Error;
use crate::weights::Weights;

/// See the module.
pub(in crate::arch) struct Projection {
    /// `[hidden, hidden]`.
    pub(in crate::arch) weight: Tensor,
    /// `[hidden]`.
    pub(in crate::arch) bias: Option<Tensor>,
}

impl Projection {
    /// Takes `{name}.weight` and `{name}.bias`.
    pub(in crate::arch) fn take(weights: &mut Weights, name: &str, hidden: i64) -> Result<Self, Error> {
        let bias = weights.take(&format!("{name}.bias"), &[hidden])?;
        Ok(Self { bias: Some(bias), ..Self::unbiased(weights, name, hidden)? })
    }

    /// Takes `{name}.weight` alone.
    pub(in crate::arch) fn unbiased(weights: &mut Weights, name: &str, hidden: i64) -> Result<Self, Error> {
        Ok(Self { weight: weights.take(&format!("{name}.weight"), &[hidden, hidden])?, bias: None })
    }

    /// `table` `[rows, hidden]` to the same shape.
    pub(in crate::arch) fn apply(&self, table: &Tensor) -> Result<Tensor, Error> {
        Ok(table.f_linear(&self.weight, self.bias.as_ref())?)
    }
}
