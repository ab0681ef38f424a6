//! The crate's one error enum.

use gpu_bridge_checkpoint as checkpoint;

/// What can go wrong between a text and its tokens.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A tokenizer file is missing or can't be followed.
    #[error(transparent)]
    Checkpoint(#[from] checkpoint::Error),
    /// A text can't be turned into tokens.
    #[error("The text can't be tokenised: {0}.")]
    Text(String),
}

impl Error {
    /// A stable name for the kind of failure.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Checkpoint(error) => error.code(),
            Self::Text(_) => "inference_failed",
        }
    }
}
