//! The module Dense: a linear layer on a vector, its activation, and a way around both where the model has one.

use serde::Deserialize;
use tch::Tensor;

use super::Module;
use crate::arch::Activation;
use crate::packing::signed;
use crate::weights::Weights;
use crate::{Error, torch_class};

/// See the module.
#[derive(Debug)]
pub(super) struct Dense {
    /// `[outputs, inputs]`.
    weight: Tensor,
    /// `[outputs]`.
    bias: Option<Tensor>,
    activation: Activation,
    around: Around,
    outputs: usize,
}

/// What is added to the activated output.
#[derive(Debug)]
enum Around {
    Nothing,
    /// The input itself.
    Input,
    /// The input through a layer of its own, `[outputs, inputs]`, because the widths differ.
    Projected(Tensor),
}

#[derive(Deserialize)]
struct Config {
    in_features: usize,
    out_features: usize,
    #[serde(default = "yes")]
    bias: bool,
    #[serde(default = "tanh")]
    activation_function: String,
    #[serde(default)]
    use_residual: bool,
}

impl Dense {
    /// Takes the layer of `module` out of its weights, for vectors `width` wide.
    pub(super) fn take(module: &Module, weights: &mut Weights, width: usize) -> Result<Self, Error> {
        let config: Config = module.folder.json("config.json")?;
        let wrong = |problem: String| Error::from(module.folder.problem("config.json", problem));
        if config.in_features != width {
            return Err(wrong(format!("It takes vectors {} wide but gets {width}.", config.in_features)));
        }
        let activation = torch_class::activation(&config.activation_function).map_err(wrong)?;
        let (inputs, outputs) = (signed(width), signed(config.out_features));
        Ok(Self {
            weight: weights.take("linear.weight", &[outputs, inputs])?,
            bias: config.bias.then(|| weights.take("linear.bias", &[outputs])).transpose()?,
            activation,
            around: match config.use_residual {
                false => Around::Nothing,
                true if inputs == outputs => Around::Input,
                true => Around::Projected(weights.take("residual.weight", &[outputs, inputs])?),
            },
            outputs: config.out_features,
        })
    }

    /// Width of what it gives.
    pub(super) fn outputs(&self) -> usize {
        self.outputs
    }

    /// `vectors` `[texts, inputs]` to `[texts, outputs]`.
    pub(super) fn forward(&self, vectors: &Tensor) -> Result<Tensor, Error> {
        let activated = self.activation.apply(&vectors.f_linear(&self.weight, self.bias.as_ref())?)?;
        Ok(match &self.around {
            Around::Nothing => activated,
            Around::Input => activated.f_add(vectors)?,
            Around::Projected(weight) => activated.f_add(&vectors.f_linear::<&Tensor>(weight, None)?)?,
        })
    }
}

fn yes() -> bool {
    true
}

/// The class's own default.
fn tanh() -> String {
    "torch.nn.modules.activation.Tanh".to_owned()
}
