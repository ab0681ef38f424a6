//! The formats of weights files, and from each the way to a [`Layout`].

use std::path::Path;

use crate::{Error, Layout, pytorch, safetensors_file};

/// The formats of weights files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `.safetensors`.
    Safetensors,
    /// `.bin` or `.pt`, as `torch.save` writes it: a zip archive, or before torch 1.6 a row of pickles.
    PyTorch,
}

impl Format {
    /// Reads the places of all tensors out of `file`, without touching their bytes. `path` is for the error's text only.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::UnsafePickle`], or [`Error::Config`] for what is in order but not supported.
    pub fn layout(self, file: &[u8], path: &Path) -> Result<Layout, Error> {
        match self {
            Self::Safetensors => safetensors_file::layout(file),
            Self::PyTorch => pytorch::layout(file),
        }
        .map_err(|fault| fault.of(path))
    }
}
