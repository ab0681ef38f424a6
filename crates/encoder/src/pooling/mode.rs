//! The ways to make one vector of a text's token states.

use serde::Deserialize;
use tch::{Kind, Tensor};

use crate::Error;

/// One way to make a vector of token states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mode {
    Cls,
    Max,
    Mean,
    #[serde(rename = "mean_sqrt_len_tokens")]
    MeanSqrtLength,
    WeightedMean,
    LastToken,
}

impl Mode {
    /// `block` `[texts, length, hidden]`, whose first token stood at place `skipped` of its text, to `[texts, hidden]`.
    pub(super) fn pool(self, block: &Tensor, skipped: i64) -> Result<Tensor, Error> {
        let length = block.size()[1];
        Ok(match self {
            Self::Cls => block.f_select(1, 0)?,
            Self::LastToken => block.f_select(1, length - 1)?,
            Self::Max => block.f_amax([1], false)?,
            Self::Mean => block.f_mean_dim([1].as_slice(), false, Kind::Float)?,
            Self::MeanSqrtLength => {
                #[allow(clippy::cast_precision_loss)]
                let root = (length as f64).sqrt();
                block.f_sum_dim_intlist([1].as_slice(), false, Kind::Float)?.f_div_scalar(root)?
            }
            Self::WeightedMean => weighted_mean(block, skipped)?,
        })
    }
}

/// Weights 1, 2, 3, … by place in the text.
fn weighted_mean(block: &Tensor, skipped: i64) -> Result<Tensor, Error> {
    let length = block.size()[1];
    let weights = Tensor::f_arange_start(skipped + 1, skipped + length + 1, (Kind::Float, block.device()))?
        .f_view([1, -1, 1])?;
    let sum = block.f_mul(&weights)?.f_sum_dim_intlist([1].as_slice(), false, Kind::Float)?;
    Ok(sum.f_div(&weights.f_sum(Kind::Float)?)?)
}
