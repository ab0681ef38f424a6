//! The activations of feed-forward layers and heads, by transformers' names (`ACT2FN` in transformers/activations.py).

use serde::Deserialize;
use tch::Tensor;

use crate::Error;

/// One activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Activation {
    /// Exact, by the error function.
    #[serde(alias = "gelu_python")]
    Gelu,
    /// By the hyperbolic tangent.
    #[serde(rename = "gelu_new", alias = "gelu_pytorch_tanh", alias = "gelu_fast")]
    GeluTanh,
    Relu,
    #[serde(alias = "swish")]
    Silu,
    Tanh,
    Sigmoid,
    #[serde(alias = "linear")]
    Identity,
}

impl Activation {
    /// Element by element.
    pub(crate) fn apply(self, x: &Tensor) -> Result<Tensor, Error> {
        Ok(match self {
            Self::Gelu => x.f_gelu("none")?,
            Self::GeluTanh => x.f_gelu("tanh")?,
            Self::Relu => x.f_relu()?,
            Self::Silu => x.f_silu()?,
            Self::Tanh => x.f_tanh()?,
            Self::Sigmoid => x.f_sigmoid()?,
            Self::Identity => x.shallow_clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transformers_names_are_understood_and_others_named() {
        let read = |name: &str| serde_json::from_value::<Activation>(name.into());
        assert_eq!(read("gelu").unwrap(), Activation::Gelu);
        assert_eq!(read("gelu_pytorch_tanh").unwrap(), Activation::GeluTanh);
        assert_eq!(read("swish").unwrap(), Activation::Silu);
        assert!(read("mish").unwrap_err().to_string().contains("mish"));
    }

    #[test]
    fn each_is_what_its_name_says() {
        let at = |activation: Activation, x: f32| {
            f64::try_from(activation.apply(&Tensor::from(x)).unwrap()).unwrap()
        };
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-5, "{a} {b}");
        near(at(Activation::Gelu, 1.0), 0.841_345);
        near(at(Activation::GeluTanh, 1.0), 0.841_192);
        near(at(Activation::Relu, -1.0), 0.0);
        near(at(Activation::Silu, 1.0), 0.731_059);
        near(at(Activation::Tanh, 1.0), 0.761_594);
        near(at(Activation::Sigmoid, 0.0), 0.5);
        near(at(Activation::Identity, -3.0), -3.0);
    }
}
