//! The crate's one error enum.

use std::path::PathBuf;

/// What can go wrong between Rust and libtorch.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// libtorch threw; the text is its own.
    #[error("libtorch failed: {0}")]
    Torch(String),
    /// A tensor does not fit the operation it was handed to.
    #[error(
        "A packed linear layer of {expected} got {found}. Check the shape and the element type of its input."
    )]
    Input {
        /// What the layer takes.
        expected: String,
        /// What it was given.
        found: String,
    },
    /// A shared library is there but can't be loaded.
    #[error("{} can't be loaded: {reason}. Check that the NVIDIA driver and the CUDA libraries beside it fit.", path.display())]
    Library {
        /// The library's file.
        path: PathBuf,
        /// The loader's own words.
        reason: String,
    },
}

impl Error {
    /// A stable name for the kind of failure.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Torch(_) => "libtorch",
            Self::Input { .. } => "invalid_input",
            Self::Library { .. } => "library",
        }
    }
}
