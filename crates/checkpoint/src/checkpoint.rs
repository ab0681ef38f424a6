//! All weights of a model's folder, whatever they are kept in.
//!
//! Formats are tried in one order, safest and quickest first, and only the first one found counts: the folder of a hub's
//! model often holds the same weights several times. Files are mapped, so a model is read tensor by tensor and never lies
//! in memory twice.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gpu_bridge_mapped_file::MappedFile;

use crate::shards::Shards;
use crate::{Error, Format, Layout, ModelFolder, StoredTensor};

/// File names of whole checkpoints and of the indices of sharded ones, in order of preference.
const SOURCES: [(&str, Format, Kind); 4] = [
    ("model.safetensors", Format::Safetensors, Kind::Whole),
    ("model.safetensors.index.json", Format::Safetensors, Kind::Index),
    ("pytorch_model.bin", Format::PyTorch, Kind::Whole),
    ("pytorch_model.bin.index.json", Format::PyTorch, Kind::Index),
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

#[derive(Debug, Clone, Copy)]
enum Kind {
    Whole,
    Index,
}

/// The open weights of a model.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    files: Vec<WeightsFile>,
    /// Name to place in `files`.
    holders: BTreeMap<String, usize>,
}

#[derive(Debug)]
struct WeightsFile {
    mapped: MappedFile,
    layout: Layout,
}

impl Checkpoint {
    /// Opens the weights of `folder`, reading names and places only.
    ///
    /// # Errors
    /// [`Error::NoWeights`] when there are none; [`Error::MissingFromShard`], and those of [`Format::layout`] and of reading
    /// a file.
    pub fn open(folder: &ModelFolder) -> Result<Self, Error> {
        let present = |name: &str| folder.path(name).symlink_metadata().is_ok();
        match SOURCES.into_iter().find(|(name, ..)| present(name)) {
            Some((name, format, Kind::Whole)) => Self::whole(&folder.path(name), format),
            Some((name, format, Kind::Index)) => Self::sharded(folder, name, format),
            None => Err(none(folder)),
        }
    }

    /// The names of all tensors, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.holders.keys().map(String::as_str)
    }

    /// The tensor `name`.
    pub fn tensor(&self, name: &str) -> Option<StoredTensor<'_>> {
        let file = self.files.get(*self.holders.get(name)?)?;
        file.layout.tensor(file.mapped.bytes(), name)
    }

    /// The file that the checkpoint was opened by: its only one, or its index.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn whole(path: &Path, format: Format) -> Result<Self, Error> {
        let file = WeightsFile::open(path, format)?;
        let holders = file.layout.names().map(|name| (name.to_owned(), 0)).collect();
        Ok(Self { path: path.to_owned(), files: vec![file], holders })
    }

    fn sharded(folder: &ModelFolder, index: &str, format: Format) -> Result<Self, Error> {
        let shards = Shards::load(folder, index)?;
        let open = |name: &String| WeightsFile::open(&folder.path(name), format);
        let files = shards.files.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        let names = files.iter().map(|file| &file.layout).collect::<Vec<_>>();
        Ok(Self { path: folder.path(index), holders: shards.holders(folder, &names)?, files })
    }
}

impl WeightsFile {
    fn open(path: &Path, format: Format) -> Result<Self, Error> {
        let unreadable =
            |error: std::io::Error| Error::File { path: path.to_owned(), reason: error.to_string() };
        let mapped = MappedFile::open(path).map_err(unreadable)?;
        let layout = format.layout(mapped.bytes(), path)?;
        Ok(Self { mapped, layout })
    }
}

fn none(folder: &ModelFolder) -> Error {
    let looked_for = SOURCES.map(|(name, ..)| name).join(", ");
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
