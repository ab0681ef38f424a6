//! The crate's one error enum: which file, what is wrong with it, what to do.

use std::path::PathBuf;

/// What can be wrong with a checkpoint.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file of the model is missing or can't be read.
    #[error("{} can't be read: {reason}. Check that the model's folder is complete.", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The operating system's or the parser's reason.
        reason: String,
    },
    /// A file of the model says something that can't be followed.
    #[error("{}: {problem}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// A full sentence.
        problem: String,
    },
}

impl Error {
    /// A stable name for the kind of failure.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { .. } | Self::Config { .. } => "invalid_model",
        }
    }
}
