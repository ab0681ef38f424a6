//! A loaded head: states of a batch to one number for each text and label.
//!
//! It runs in float32 whatever the encoder's element type, like the pooling before it: it is one row a text.

use gpu_bridge_checkpoint::ModelFolder;
use tch::{Kind, Tensor};

use super::{Head, HeadConfig, of};
use crate::Error;
use crate::arch::Activation;
use crate::packing::{PackedBatch, signed};
use crate::pooling::Pooling;
use crate::weights::Weights;

/// See the module.
pub(crate) struct Classifier {
    pooling: Pooling,
    dense: Affine,
    activation: Activation,
    norm: Option<Norm>,
    output: Affine,
    labels: usize,
}

/// `x · weightᵀ + bias`.
struct Affine {
    weight: Tensor,
    bias: Option<Tensor>,
}

struct Norm {
    weight: Tensor,
    bias: Option<Tensor>,
    epsilon: f64,
}

impl Classifier {
    /// Takes the head that goes with `model_type` for states `hidden` wide.
    pub(in crate::arch) fn take(
        model_type: &str,
        folder: &ModelFolder,
        weights: &mut Weights,
        hidden: usize,
    ) -> Result<Self, Error> {
        let (head, config) = of(model_type, folder)?;
        let (width, labels) = (signed(hidden), config.labels());
        Ok(Self {
            pooling: (head.pooling)(&config),
            dense: Affine::take(weights, head.dense, width, width, (head.biased)(&config))?,
            activation: (head.activation)(&config),
            norm: Norm::take(weights, head, &config, width)?,
            output: Affine::take(weights, head.classifier, width, signed(labels), true)?,
            labels,
        })
    }

    /// How many numbers a text gets.
    pub(crate) fn labels(&self) -> usize {
        self.labels
    }

    /// `states` `[tokens, hidden]` to float32 `[texts, labels]`, in packed order.
    pub(crate) fn logits(&self, states: &Tensor, batch: &PackedBatch) -> Result<Tensor, Error> {
        let pooled = self.dense.forward(&self.pooling.pool(states, batch)?)?;
        let activated = self.activation.apply(&pooled)?;
        match &self.norm {
            None => self.output.forward(&activated),
            Some(norm) => self.output.forward(&norm.forward(&activated)?),
        }
    }
}

impl Affine {
    fn take(
        weights: &mut Weights,
        name: &str,
        inputs: i64,
        outputs: i64,
        biased: bool,
    ) -> Result<Self, Error> {
        let weight = float(weights, &format!("{name}.weight"), &[outputs, inputs])?;
        let bias = biased.then(|| float(weights, &format!("{name}.bias"), &[outputs])).transpose()?;
        Ok(Self { weight, bias })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor, Error> {
        Ok(x.f_linear(&self.weight, self.bias.as_ref())?)
    }
}

impl Norm {
    fn take(
        weights: &mut Weights,
        head: &Head,
        config: &HeadConfig,
        width: i64,
    ) -> Result<Option<Self>, Error> {
        let Some(name) = head.norm else { return Ok(None) };
        let weight = float(weights, &format!("{name}.weight"), &[width])?;
        let bias = config.norm_bias.then(|| float(weights, &format!("{name}.bias"), &[width])).transpose()?;
        Ok(Some(Self { weight, bias, epsilon: config.norm_eps }))
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor, Error> {
        Ok(x.f_layer_norm(self.weight.size(), Some(&self.weight), self.bias.as_ref(), self.epsilon, true)?)
    }
}

fn float(weights: &mut Weights, name: &str, shape: &[i64]) -> Result<Tensor, Error> {
    Ok(weights.take(name, shape)?.f_to_kind(Kind::Float)?)
}
