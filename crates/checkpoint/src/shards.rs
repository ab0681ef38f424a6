//! The index of a sharded checkpoint: which file of the folder holds which weight.
//!
//! The index comes from the same stranger as the weights, so it may name files of its own folder only. In the hub's cache
//! these are links to blobs elsewhere; who made the links made the folder, so they are followed.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::fault::{Fault, shown};
use crate::unique::UniqueMap;
use crate::{Error, Layout, ModelFolder};

/// Tensor to the place of its file.
pub(crate) type Holders = BTreeMap<String, usize>;

#[derive(Deserialize)]
struct Index {
    weight_map: UniqueMap<String>,
}

/// A read index.
#[derive(Debug)]
pub(crate) struct Shards {
    index: String,
    /// File names, sorted.
    pub(crate) files: Vec<String>,
    /// Weight to its file's name.
    promised: BTreeMap<String, String>,
}

impl Shards {
    /// Reads the file `index`.
    pub(crate) fn load(folder: &ModelFolder, index: &str) -> Result<Self, Error> {
        let UniqueMap(promised) = folder.json::<Index>(index)?.weight_map;
        if let Some(outside) = promised.values().find(|file| !is_plain(file)) {
            let problem =
                format!("The shard `{}` is not the name of a file beside the index.", shown(outside));
            return Err(folder.problem(index, problem));
        }
        let files: BTreeSet<&String> = promised.values().collect();
        Ok(Self { index: index.to_owned(), files: files.into_iter().cloned().collect(), promised })
    }

    /// Every tensor's place in [`Self::files`], whose layouts are `layouts`. Tensors that the index is silent about count as
    /// well, since the reference takes all that shards hold.
    pub(crate) fn holders(&self, folder: &ModelFolder, layouts: &[&Layout]) -> Result<Holders, Error> {
        let mut holders = Holders::new();
        for (number, (file, layout)) in self.files.iter().zip(layouts).enumerate() {
            for name in layout.names().filter(|name| self.may_hold(file, name)) {
                if holders.insert(name.to_owned(), number).is_some() {
                    return Err(self.twice(folder, name));
                }
            }
        }
        match self.promised.iter().find(|(name, _)| !holders.contains_key(*name)) {
            Some((name, file)) => Err(self.missing(folder, name, file)),
            None => Ok(holders),
        }
    }

    /// Whether the index says that `file` holds `name`, or doesn't say that another does.
    fn may_hold(&self, file: &str, name: &str) -> bool {
        self.promised.get(name).is_none_or(|promised| promised == file)
    }

    fn twice(&self, folder: &ModelFolder, name: &str) -> Error {
        Fault::damaged(format!("The tensor `{}` is in two shards.", shown(name)))
            .of(&folder.path(&self.index))
    }

    fn missing(&self, folder: &ModelFolder, name: &str, file: &str) -> Error {
        Error::MissingFromShard { name: shown(name), shard: folder.path(file), index: self.index.clone() }
    }
}

/// Whether `file` is a name and not a path, on any system.
fn is_plain(file: &str) -> bool {
    !file.is_empty() && file != "." && file != ".." && !file.contains(['/', '\\', ':', '\0'])
}
