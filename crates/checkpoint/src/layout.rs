//! Where the tensors of one file lie, by name.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;
use std::path::Path;

use crate::entry::Entry;
use crate::fault::{Fault, shown};
use crate::{Error, StoredTensor, pytorch, safetensors_file};

/// Bytes a tensor's name may have; the longest in use have about a hundred.
const MAX_NAME: usize = 512;

/// The formats of weights files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `.safetensors`.
    Safetensors,
    /// `.bin` or `.pt`, as `torch.save` writes it: a zip archive, or before torch 1.6 a row of pickles.
    PyTorch,
}

/// The names of a file's tensors and their places.
#[derive(Debug, Default)]
pub struct Layout(BTreeMap<String, Entry>);

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

impl Layout {
    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The tensor `name` of `file`, whose layout this is.
    pub fn tensor<'a>(&'a self, file: &'a [u8], name: &str) -> Option<StoredTensor<'a>> {
        StoredTensor::new(self.0.get(name)?, file)
    }

    pub(crate) fn insert(&mut self, name: &str, entry: Entry) -> Result<(), Fault> {
        if name.len() > MAX_NAME || name.contains(char::is_control) {
            return Err(Fault::damaged(format!("`{}` can't be the name of a tensor.", shown(name))));
        }
        match self.0.entry(name.to_owned()) {
            Place::Vacant(place) => drop(place.insert(entry)),
            Place::Occupied(_) => {
                return Err(Fault::damaged(format!("It has two tensors `{}`.", shown(name))));
            }
        }
        Ok(())
    }
}
