//! What is wrong with a tokenizer file, before it is known which file it is.
//!
//! Readers take bytes, not paths, so that they can be fuzzed; the loader adds the path.

use gpu_bridge_checkpoint::ModelFolder;

use crate::Error;

/// A full sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem(String);

impl Problem {
    pub(crate) fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }

    pub(crate) fn ends_early() -> Self {
        Self::new("It ends in the middle of a field; fetch it again.")
    }

    /// What the `tokenizers` crate says, made a sentence.
    #[allow(clippy::needless_pass_by_value)]
    pub(crate) fn upstream(error: tokenizers::Error) -> Self {
        Self(format!("{error}."))
    }

    /// The error about the file `name`.
    pub(crate) fn of(self, folder: &ModelFolder, name: &str) -> Error {
        folder.problem(name, self.0).into()
    }
}
