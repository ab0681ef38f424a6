//! From a model's name to its folder on this machine.
//!
//! Looks in the folders of `GPU_MODEL_PATH`, then in the folder that the set-up fills, then in the Hugging Face cache, for
//! every spelling of the name. It never downloads. What it didn't find, it explains with every spelling and place.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::hf_cache::HfCache;
use crate::model_files::is_model;
use crate::model_name::{ModelName, alternatives};

/// See the module.
#[derive(Debug, Clone)]
pub struct Resolver {
    folders: Vec<PathBuf>,
    hub: HfCache,
}

impl Resolver {
    /// Looks in `folders` in their order, then in `hub`. A folder that is named twice counts once.
    pub fn new(folders: impl IntoIterator<Item = PathBuf>, hub: HfCache) -> Self {
        let mut known = BTreeSet::new();
        let folders = folders.into_iter().filter(|folder| known.insert(folder.clone())).collect();
        Self { folders, hub }
    }

    /// The model's folder. In the cache it is a whole one; in the other folders whoever put it there is told what is missing.
    pub fn find(&self, spellings: &[String]) -> Option<PathBuf> {
        let places = self.folders.iter().flat_map(|folder| spellings.iter().map(|name| folder.join(name)));
        let local = places.into_iter().find(|place| is_model(place));
        local.or_else(|| spellings.iter().find_map(|name| self.hub.find(name)))
    }

    /// What it looked for, where, and what to do.
    pub fn explain(&self, spellings: &[String]) -> String {
        let folders = self.folders.iter().map(PathBuf::as_path).chain([self.hub.path()]);
        let folders: Vec<String> = folders.map(|folder| folder.display().to_string()).collect();
        format!(
            "looked for {} in {}; put the model at FOLDER/NAME or FOLDER/ORG/NAME and name FOLDER in GPU_MODEL_PATH",
            alternatives(spellings),
            folders.join(", ")
        )
    }

    /// Names of the models that are here, sorted.
    pub fn names(&self) -> Vec<ModelName> {
        let local = self.folders.iter().flat_map(|folder| names_in(folder));
        let names: BTreeSet<ModelName> =
            local.chain(self.hub.names()).filter_map(|name| name.parse().ok()).collect();
        names.into_iter().collect()
    }
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for child in children(folder) {
        if is_model(&folder.join(&child)) {
            names.push(child);
            continue;
        }
        let models = children(&folder.join(&child)).into_iter().map(|model| format!("{child}/{model}"));
        names.extend(models.filter(|name| is_model(&folder.join(name))));
    }
    names
}

fn children(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

#[cfg(test)]
mod tests {
    use gpu_bridge_protocol::Task;

    use super::*;

    fn place(root: &Path, model: &str) {
        fs::create_dir_all(root.join(model)).unwrap();
        fs::write(root.join(model).join("config.json"), "{}").unwrap();
    }

    fn resolver(root: &Path) -> Resolver {
        Resolver::new(vec![root.join("a"), root.join("b")], HfCache::new(root.join("hf")))
    }

    fn find(resolver: &Resolver, name: &str) -> Option<PathBuf> {
        resolver.find(&name.parse::<ModelName>().unwrap().spellings(Task::Embed))
    }

    #[test]
    fn the_first_folder_wins_and_both_spellings_are_found() {
        let root = tempfile::tempdir().unwrap();
        let resolver = resolver(root.path());
        place(root.path(), "b/x");
        place(root.path(), "b/sentence-transformers/y");
        assert_eq!(find(&resolver, "sentence-transformers/x"), Some(root.path().join("b/x")));
        assert_eq!(find(&resolver, "y"), Some(root.path().join("b/sentence-transformers/y")));
        place(root.path(), "a/x");
        assert_eq!(find(&resolver, "x"), Some(root.path().join("a/x")));
        assert_eq!(find(&resolver, "z"), None);
    }

    #[test]
    fn what_is_there_is_listed_in_one_or_two_parts() {
        let root = tempfile::tempdir().unwrap();
        place(root.path(), "a/x");
        place(root.path(), "b/org/y");
        fs::create_dir_all(root.path().join("b/org/half")).unwrap();
        let names: Vec<String> = resolver(root.path()).names().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["org/y", "x"]);
    }

    #[test]
    fn the_explanation_names_every_place_and_the_way_out() {
        let names = ["x", "cross-encoder/x"].map(str::to_owned);
        let text = resolver(Path::new("/r")).explain(&names);
        for part in ["looked for x or cross-encoder/x in /r/a", "/r/b", "/r/hf", "GPU_MODEL_PATH"] {
            assert!(text.contains(part), "{text}");
        }
        let twice = Resolver::new(["/r/a", "/r/a"].map(PathBuf::from), HfCache::new("/r/hf".into()))
            .explain(&names[..1]);
        assert!(twice.contains("looked for x in /r/a, /r/hf;"), "{twice}");
    }
}
