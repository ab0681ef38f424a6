//! Root-mean-square normalisation (Zhang & Sennrich 2019): a norm that scales and neither centres nor shifts.

use tch::Tensor;

use crate::Error;
use crate::weights::Weights;

/// Over the last dimension, in float32 whatever the states are in.
pub(super) struct RmsNorm {
    weight: Tensor,
    epsilon: f64,
}

impl RmsNorm {
    /// Takes `{name}.weight` `[width]`.
    pub(super) fn take(weights: &mut Weights, name: &str, width: i64, epsilon: f64) -> Result<Self, Error> {
        Ok(Self { weight: weights.take(&format!("{name}.weight"), &[width])?, epsilon })
    }

    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor, Error> {
        Ok(x.f_rms_norm(self.weight.size(), Some(&self.weight), self.epsilon)?)
    }
}

/// The norms of each head's queries and keys, side by side as the heads are.
pub(super) struct HeadNorms {
    /// `[query heads + key heads, head]`.
    weight: Tensor,
    epsilon: f64,
}

impl HeadNorms {
    /// Takes `{queries}.weight` and `{keys}.weight`, both `[head]`, for so many heads of each.
    pub(super) fn take(
        weights: &mut Weights,
        [queries, keys]: [(&str, i64); 2],
        head: i64,
        epsilon: f64,
    ) -> Result<Self, Error> {
        let mut rows = |(name, heads): (&str, i64)| {
            let weight = weights.take(&format!("{name}.weight"), &[head])?;
            Ok::<_, Error>(weight.f_expand([heads, head], false)?)
        };
        Ok(Self { weight: Tensor::f_cat(&[rows(queries)?, rows(keys)?], 0)?, epsilon })
    }

    /// `x` `[rows, query heads + key heads, head]` to the same shape.
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor, Error> {
        let head = self.weight.size()[1];
        Ok(x.f_rms_norm([head], None::<&Tensor>, self.epsilon)?.f_mul(&self.weight)?)
    }
}
