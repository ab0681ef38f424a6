//! A model's folder on disk: its configuration files and its weights, read without libtorch.
//!
//! A checkpoint comes from strangers. Everything here takes any bytes and answers with a value or an [`Error`] that names the
//! file; it never panics and never runs what it reads. It allocates for bytes that are there, never for those that are only
//! claimed, and where reading takes a multiple of them (a pickle's instructions, a JSON header) their number is bounded. It
//! knows nothing of models: which weights there must be and what they mean is the encoder's business.

mod checkpoint;
mod cursor;
mod dtype;
mod entry;
mod error;
mod fault;
mod folder;
mod format;
mod layout;
mod pickle;
mod pytorch;
mod safetensors_file;
mod shards;
mod source;
mod tensor;
mod unique;

pub use checkpoint::Checkpoint;
pub use dtype::Dtype;
pub use error::Error;
pub use folder::ModelFolder;
pub use format::Format;
pub use layout::Layout;
pub use tensor::StoredTensor;
