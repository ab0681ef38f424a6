//! Activations by the names of PyTorch's classes, as the configs of sentence-transformers spell them.
//!
//! The reference instantiates whatever class below `torch.` is named; here those that models use are known, and any other is
//! refused by name rather than replaced by a default.

use crate::arch::Activation;

const HOME: &str = "torch.nn.";

const CLASSES: [(&str, Activation); 6] = [
    ("Tanh", Activation::Tanh),
    ("Identity", Activation::Identity),
    ("ReLU", Activation::Relu),
    ("GELU", Activation::Gelu),
    ("Sigmoid", Activation::Sigmoid),
    ("SiLU", Activation::Silu),
];

/// The activation of a class such as `torch.nn.modules.activation.Tanh`, or what to say about it.
pub(crate) fn activation(class: &str) -> Result<Activation, String> {
    let name = class.strip_prefix(HOME).and_then(|rest| rest.rsplit('.').next());
    let known = CLASSES.iter().find(|(known, _)| Some(*known) == name);
    known.map(|(_, activation)| *activation).ok_or_else(|| {
        let names: Vec<&str> = CLASSES.iter().map(|(name, _)| *name).collect();
        format!("The activation `{class}` is not supported; of torch.nn these are: {}.", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_found_under_both_of_their_paths() {
        for class in ["torch.nn.modules.linear.Identity", "torch.nn.Identity"] {
            assert_eq!(activation(class), Ok(Activation::Identity), "{class}");
        }
        assert_eq!(activation("torch.nn.modules.activation.GELU"), Ok(Activation::Gelu));
    }

    #[test]
    fn other_peoples_classes_and_unknown_ones_are_refused_by_name() {
        for class in ["custom.Tanh", "torch.nn.modules.activation.Mish", "torch.sigmoid", "Sigmoid", ""] {
            assert!(activation(class).unwrap_err().contains(&format!("`{class}`")));
        }
    }
}
