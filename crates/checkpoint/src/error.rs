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
    /// The bytes of a weights file contradict each other or its format.
    #[error("{} is damaged. {problem} Fetch it again.", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// A full sentence.
        problem: String,
    },
    /// A pickle that names something else than tensors and plain containers.
    #[error(
        "{} asks for `{name}`, which is neither a tensor nor a plain container, so loading it could run code. Use the \
         model's safetensors file, or save its state dict alone from a source you trust.",
        path.display()
    )]
    UnsafePickle {
        /// The file.
        path: PathBuf,
        /// What it asks for.
        name: String,
    },
    /// A folder without weights in a format that can be read.
    #[error("{} holds no weights that can be read: looked for {looked_for}, found {found}. Fetch or convert them.", folder.display())]
    NoWeights {
        /// The folder.
        folder: PathBuf,
        /// File names, separated by commas.
        looked_for: String,
        /// Weights in other formats, separated by commas, or `none of them`.
        found: String,
    },
    /// A weight that an index promises and its shard lacks.
    #[error("The weight `{name}` is missing from {}, where {index} says it is. Fetch both again.", shard.display())]
    MissingFromShard {
        /// The weight, as the index calls it.
        name: String,
        /// The shard.
        shard: PathBuf,
        /// The index's file name.
        index: String,
    },
}

impl Error {
    /// A stable name for the kind of failure.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MissingFromShard { .. } => "invalid_weights",
            Self::File { .. }
            | Self::Config { .. }
            | Self::Damaged { .. }
            | Self::UnsafePickle { .. }
            | Self::NoWeights { .. } => "invalid_model",
        }
    }
}
