//! The Hugging Face cache, in the layout its own tools write.
//!
//! `hub/models--ORG--NAME/refs/main` names a commit, `snapshots/COMMIT/` holds the files. Read only: filling it is
//! the hub tools' business.

use std::fs;
use std::path::{Path, PathBuf};

/// The cache below `HF_HOME`.
#[derive(Debug, Clone)]
pub struct HfCache {
    hub: PathBuf,
}

impl HfCache {
    /// The cache of `home`, which is what `HF_HOME` names.
    pub fn new(home: &Path) -> Self {
        Self { hub: home.join("hub") }
    }

    /// Where the cache is.
    pub fn path(&self) -> &Path {
        &self.hub
    }

    /// Folder of the model's `main` snapshot, if its config is there.
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        let model = self.hub.join(format!("models--{}", name.replace('/', "--")));
        let commit = fs::read_to_string(model.join("refs/main")).ok()?;
        let commit = commit.trim();
        if commit.is_empty() || !commit.chars().all(|c| c.is_ascii_alphanumeric()) {
            return None;
        }
        let snapshot = model.join("snapshots").join(commit);
        snapshot.join("config.json").is_file().then_some(snapshot)
    }

    /// Names of the models it holds, whole ones only.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.hub).into_iter().flatten().flatten();
        let folders = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let names =
            folders.filter_map(|folder| Some(folder.strip_prefix("models--")?.replacen("--", "/", 1)));
        names.filter(|name| self.find(name).is_some()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache_with(commit: &str) -> (tempfile::TempDir, HfCache) {
        let home = tempfile::tempdir().unwrap();
        let model = home.path().join("hub/models--org--x");
        fs::create_dir_all(model.join("refs")).unwrap();
        fs::create_dir_all(model.join("snapshots/abc123")).unwrap();
        fs::write(model.join("refs/main"), commit).unwrap();
        fs::write(model.join("snapshots/abc123/config.json"), "{}").unwrap();
        let cache = HfCache::new(home.path());
        (home, cache)
    }

    #[test]
    fn the_main_snapshot_is_found() {
        let (_home, cache) = cache_with("abc123\n");
        assert!(cache.find("org/x").unwrap().ends_with("snapshots/abc123"));
        assert_eq!(cache.find("org/y"), None);
        assert_eq!(cache.names(), ["org/x"]);
    }

    #[test]
    fn a_reference_to_what_is_not_there_or_no_commit_finds_nothing() {
        for commit in ["ffff", "../abc123", ""] {
            let (_home, cache) = cache_with(commit);
            assert_eq!(cache.find("org/x"), None, "{commit:?}");
        }
    }
}
