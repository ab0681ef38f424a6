//! The module LayerNorm: layer normalisation of a vector.

use serde::Deserialize;
use tch::Tensor;

use super::Module;
use crate::Error;
use crate::packing::signed;
use crate::weights::Weights;

/// The default of `torch.nn.LayerNorm`, which the module keeps.
const EPSILON: f64 = 1e-5;

/// See the module.
#[derive(Debug)]
pub(super) struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
}

#[derive(Deserialize)]
struct Config {
    dimension: usize,
}

impl LayerNorm {
    /// Takes the norm of `module` out of its weights, for vectors `width` wide.
    pub(super) fn take(module: &Module, weights: &mut Weights, width: usize) -> Result<Self, Error> {
        let config: Config = module.folder.json("config.json")?;
        if config.dimension != width {
            let problem = format!("It takes vectors {} wide but gets {width}.", config.dimension);
            return Err(module.folder.problem("config.json", problem).into());
        }
        let shape = [signed(width)];
        let (weight, bias) = (weights.take("norm.weight", &shape)?, weights.take("norm.bias", &shape)?);
        Ok(Self { weight, bias })
    }

    /// `vectors` `[texts, width]` to the same shape.
    pub(super) fn forward(&self, vectors: &Tensor) -> Result<Tensor, Error> {
        let width = self.weight.size();
        Ok(vectors.f_layer_norm(width, Some(&self.weight), Some(&self.bias), EPSILON, true)?)
    }
}
