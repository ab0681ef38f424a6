//! The files a model's weights may be in, and which of them counts.
//!
//! Formats are tried in one order, safest and quickest first, and only the first one found counts: the folder of a hub's
//! model often holds the same weights several times.

use crate::{Error, Format, ModelFolder};

/// File names of whole checkpoints and of the indices of sharded ones, in order of preference.
const SOURCES: [Source; 4] = [
    Source { name: "model.safetensors", format: Format::Safetensors, sharded: false },
    Source { name: "model.safetensors.index.json", format: Format::Safetensors, sharded: true },
    Source { name: "pytorch_model.bin", format: Format::PyTorch, sharded: false },
    Source { name: "pytorch_model.bin.index.json", format: Format::PyTorch, sharded: true },
];

/// Weights that others can read; named when they are all there is.
const FOREIGN: [&str; 7] = [
    "tf_model.h5",
    "tf_model.h5.index.json",
    "flax_model.msgpack",
    "model.onnx",
    "onnx",
    "openvino",
    "rust_model.ot",
];

/// One file by which a checkpoint can be opened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source {
    pub(crate) name: &'static str,
    pub(crate) format: Format,
    /// Whether it is an index and the weights lie in other files.
    pub(crate) sharded: bool,
}

impl Source {
    /// The first one that `folder` has. A link that leads nowhere counts, so that its reader names it.
    pub(crate) fn of(folder: &ModelFolder) -> Result<Self, Error> {
        let present = |source: &Self| folder.path(source.name).symlink_metadata().is_ok();
        SOURCES.into_iter().find(present).ok_or_else(|| none(folder))
    }
}

fn none(folder: &ModelFolder) -> Error {
    let looked_for = SOURCES.map(|source| source.name).join(", ");
    let foreign = FOREIGN.into_iter().filter(|name| folder.path(name).exists());
    let found = foreign.chain(gguf(folder).as_deref()).collect::<Vec<_>>().join(", ");
    let found = if found.is_empty() { "none of them".to_owned() } else { format!("only {found}") };
    Error::NoWeights { folder: folder.path(""), looked_for, found }
}

/// The first GGUF file, which has no fixed name.
fn gguf(folder: &ModelFolder) -> Option<String> {
    let files = std::fs::read_dir(folder.path("")).ok()?.filter_map(Result::ok);
    let names = files.filter_map(|file| file.file_name().into_string().ok());
    names.filter(|name| name.ends_with(".gguf")).min()
}
