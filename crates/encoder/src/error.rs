//! The crate's one error enum: what was wrong, with the value, and what to do about it.

use std::path::PathBuf;

use gpu_bridge_checkpoint as checkpoint;
use gpu_bridge_tokenization as tokenization;
use gpu_bridge_torch_ext as torch_ext;

/// What can go wrong between a model's folder and its answers.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file of the model is missing, damaged or says something that can't be followed.
    #[error(transparent)]
    Checkpoint(#[from] checkpoint::Error),
    /// The tokenizer can't be read, or a text can't be turned into tokens.
    #[error(transparent)]
    Tokenization(#[from] tokenization::Error),
    /// The model is of an architecture nobody has written yet.
    #[error(
        "The architecture `{name}` is not supported. Supported: {supported}. Use a model of one of these."
    )]
    UnsupportedArchitecture {
        /// `model_type` of config.json.
        name: String,
        /// What is supported, separated by commas.
        supported: String,
    },
    /// modules.json lists a module nobody has written yet, or in an order nobody has.
    #[error("The module `{name}` in {} is not supported there. Supported: {supported}.", path.display())]
    UnsupportedModule {
        /// The module's `type`.
        name: String,
        /// The modules.json.
        path: PathBuf,
        /// What is supported, separated by commas.
        supported: String,
    },
    /// A weight the architecture needs is not in the file.
    #[error("The weight `{name}` is missing from {}. Fetch the model again or check its config.json.", path.display())]
    MissingWeight {
        /// The weight, as the architecture calls it.
        name: String,
        /// The weights file.
        path: PathBuf,
    },
    /// The file holds weights the architecture has no use for, so it is not the model that config.json describes.
    #[error("The weight `{name}` in {} has no place in this model. Check that config.json belongs to it.", path.display())]
    ExtraWeight {
        /// The weight, as the file calls it.
        name: String,
        /// The weights file.
        path: PathBuf,
    },
    /// A weight has another shape than config.json asks for.
    #[error("The weight `{name}` in {} has the shape {found:?} but config.json asks for {expected:?}.", path.display())]
    WeightShape {
        /// The weight.
        name: String,
        /// The weights file.
        path: PathBuf,
        /// By config.json.
        expected: Vec<i64>,
        /// In the file.
        found: Vec<i64>,
    },
    /// A text without a single token, which no model can take.
    #[error("A text came out without a single token. Use the model's own tokenizer.")]
    NoTokens,
    /// Tokens that this model can't take: made by another tokenizer.
    #[error(
        "Token {index} of a text is {id}, but the model knows {vocabulary} tokens. Use the model's own tokenizer."
    )]
    TokenOutOfRange {
        /// Place in the text.
        index: usize,
        /// The token.
        id: i64,
        /// Size of the model's vocabulary.
        vocabulary: usize,
    },
    /// A text longer than the model has positions for.
    #[error(
        "A text has {tokens} tokens but the model has {positions} positions. Use the model's own tokenizer."
    )]
    TextTooLong {
        /// Tokens of the text.
        tokens: usize,
        /// Positions of the model.
        positions: usize,
    },
    /// A device was asked for that this machine, or this libtorch, does not have.
    #[error("The device `{device}` can't be used: {reason}")]
    DeviceUnavailable {
        /// As asked for.
        device: String,
        /// A full sentence with what to do.
        reason: String,
    },
    /// A device or element type that does not exist.
    #[error("`{value}` is not a {kind}. Use one of: {allowed}.")]
    UnknownName {
        /// As given.
        value: String,
        /// `device` or `dtype`.
        kind: &'static str,
        /// What exists.
        allowed: &'static str,
    },
    /// A cut to no dimensions or to more than there are.
    #[error("`dimensions` is {asked} but the model gives {available}. Ask for 1 to {available}.")]
    Dimensions {
        /// As asked for.
        asked: usize,
        /// What the model gives.
        available: usize,
    },
    /// More layers than the model has.
    #[error("`num_layers` is {asked} but {model} has {available} layers. Ask for 0 to {available}.")]
    Layers {
        /// The model's name.
        model: String,
        /// As asked for.
        asked: usize,
        /// What the model has.
        available: usize,
    },
    /// No baseline is published for a model in a language.
    #[error(
        "No baseline is published for {model} in the language `{lang}`; {published}. Leave out `rescale_with_baseline` for plain scores."
    )]
    NoBaseline {
        /// As asked for, in lower case.
        lang: String,
        /// As asked for.
        model: String,
        /// What there is instead.
        published: String,
    },
    /// The published baseline ends before the layer.
    #[error(
        "The baseline of {model} in the language `{lang}` ends with layer {last}, but layer {asked} is scored on. Ask for `num_layers` of 0 to {last}, or leave out `rescale_with_baseline`."
    )]
    BaselineLayer {
        /// As asked for, in lower case.
        lang: String,
        /// As asked for.
        model: String,
        /// The layer.
        asked: usize,
        /// The last one with a baseline.
        last: usize,
    },
    /// Pairs whose weights do not fit their states, or vectors whose number does not fit their width.
    #[error("{what} has {found} values but {expected} were expected.")]
    Length {
        /// What it is.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// The model gave NaN or infinity, which is never passed on as a number.
    #[error("The model gave a value that is not finite for text {index}. Try GPU_DTYPE=float32.")]
    NonFinite {
        /// Which text of the batch.
        index: usize,
    },
    /// The device has no memory left for this batch; a smaller one may fit.
    #[error("The device ran out of memory: {0}. Send a smaller batch or lower GPU_MAX_BATCH_TOKENS.")]
    OutOfMemory(String),
    /// The device itself failed; a CUDA context seldom recovers, so restart the process.
    #[error("The device failed: {0}. Restart the service; its CUDA context can't be trusted any more.")]
    DeviceFault(String),
    /// Any other failure inside libtorch.
    #[error("libtorch failed: {0}")]
    Torch(String),
}

impl Error {
    /// A stable name for the kind of failure, in the protocol's words where the protocol has one.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Checkpoint(error) => error.code(),
            Self::Tokenization(error) => error.code(),
            Self::UnsupportedArchitecture { .. } => "unsupported_architecture",
            Self::UnsupportedModule { .. } => "unsupported_module",
            Self::MissingWeight { .. } | Self::ExtraWeight { .. } | Self::WeightShape { .. } => {
                "invalid_weights"
            }
            Self::DeviceUnavailable { .. } => "device_unavailable",
            Self::UnknownName { .. }
            | Self::Dimensions { .. }
            | Self::Layers { .. }
            | Self::NoBaseline { .. }
            | Self::BaselineLayer { .. } => "invalid_field",
            Self::NonFinite { .. } => "non_finite_output",
            Self::OutOfMemory(_) => "out_of_memory",
            Self::NoTokens
            | Self::TokenOutOfRange { .. }
            | Self::TextTooLong { .. }
            | Self::Length { .. }
            | Self::DeviceFault(_)
            | Self::Torch(_) => "inference_failed",
        }
    }

    /// libtorch reports everything as one kind of exception; only its words tell a full device from a broken one.
    fn from_torch(message: &str) -> Self {
        let message =
            message.split("\nException raised from").next().unwrap_or(message).trim_end().to_owned();
        let lower = message.to_lowercase();
        if lower.contains("out of memory") || lower.contains("can't allocate memory") {
            return Self::OutOfMemory(message);
        }
        let broken = ["cuda error", "cublas_status", "cudnn_status", "device-side assert"];
        if broken.iter().any(|sign| lower.contains(sign)) {
            Self::DeviceFault(message)
        } else {
            Self::Torch(message)
        }
    }
}

impl From<tch::TchError> for Error {
    fn from(error: tch::TchError) -> Self {
        match error {
            tch::TchError::Torch(message) => Self::from_torch(&message),
            other => Self::Torch(other.to_string()),
        }
    }
}

impl From<torch_ext::Error> for Error {
    fn from(error: torch_ext::Error) -> Self {
        match error {
            torch_ext::Error::Torch(message) => Self::from_torch(&message),
            other => Self::Torch(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_device_is_told_from_a_broken_one_and_from_a_wrong_call() {
        let code = |message: &str| Error::from(tch::TchError::Torch(message.to_owned())).code();
        assert_eq!(code("CUDA out of memory. Tried to allocate 2.00 GiB"), "out_of_memory");
        assert_eq!(code("DefaultCPUAllocator: can't allocate memory: you tried"), "out_of_memory");
        let fault = Error::from_torch("CUDA error: device-side assert triggered\nException raised from x");
        assert!(matches!(&fault, Error::DeviceFault(words) if !words.contains("raised")));
        assert_eq!(code("mat1 and mat2 shapes cannot be multiplied"), "inference_failed");
    }
}
