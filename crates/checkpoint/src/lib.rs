//! A model's folder on disk: its configuration files and its weights, read without libtorch.
//!
//! A checkpoint comes from strangers. Everything here takes any bytes and answers with a value or an [`Error`] that names the
//! file; it never panics, never runs what it reads and never allocates beyond the size of the file. It knows nothing of
//! models: which weights there must be and what they mean is the encoder's business.

mod error;
mod folder;

pub use error::Error;
pub use folder::ModelFolder;
