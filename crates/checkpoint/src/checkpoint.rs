//! All weights of a model's folder, whatever they are kept in.
//!
//! Files are mapped, so a model is read tensor by tensor and never lies in memory twice.

use std::path::{Path, PathBuf};

use gpu_bridge_mapped_file::MappedFile;

use crate::shards::{Holders, Shards};
use crate::source::Source;
use crate::{Error, Format, Layout, ModelFolder, StoredTensor};

/// The open weights of a model.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    files: Vec<WeightsFile>,
    holders: Holders,
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
        let Source { name, format, sharded } = Source::of(folder)?;
        if sharded { Self::sharded(folder, name, format) } else { Self::whole(&folder.path(name), format) }
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
        let layouts = files.iter().map(|file| &file.layout).collect::<Vec<_>>();
        Ok(Self { path: folder.path(index), holders: shards.holders(folder, &layouts)?, files })
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
