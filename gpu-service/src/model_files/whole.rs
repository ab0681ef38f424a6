//! What is in a folder on this machine: a model, and a whole one?

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{CONFIG, MODULES, ModelFiles};

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// Whether `folder` is a model's: whole or not, it was put there for one.
pub fn is_model(folder: &Path) -> bool {
    folder.join(CONFIG).is_file() || folder.join(MODULES).is_file()
}

/// Whether nothing is missing from the model in `folder`, which a tool may have fetched in part.
pub fn is_whole(folder: &Path) -> bool {
    let Ok(files) = ModelFiles::of(folder) else { return false };
    let Ok(wanted) = files.wanted(&files.listing(folder)) else { return false };
    let mut indices = wanted.iter().filter(|file| file.ends_with(".index.json"));
    indices
        .all(|index| shards(folder, index).is_some_and(|shards| shards.iter().all(|shard| shard.is_file())))
}

fn shards(folder: &Path, index: &str) -> Option<Vec<PathBuf>> {
    let index = folder.join(index);
    let Index { weight_map } = serde_json::from_slice(&fs::read(&index).ok()?).ok()?;
    let names: BTreeSet<String> = weight_map.into_values().collect();
    Some(names.iter().map(|name| index.with_file_name(name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_whole_once_every_shard_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("config.json", "{}");
        assert!(is_model(folder.path()) && !is_whole(folder.path()));
        write(
            "pytorch_model.bin.index.json",
            r#"{"weight_map":{"a":"one.bin","b":"two.bin","c":"one.bin"}}"#,
        );
        write("one.bin", "");
        assert!(!is_whole(folder.path()));
        write("two.bin", "");
        assert!(is_whole(folder.path()));
    }
}
