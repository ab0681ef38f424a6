//! The Hugging Face cache, in the layout its own tools write, so that they and the service share one copy.
//!
//! `models--ORG--NAME/refs/main` names a commit, `snapshots/COMMIT/` holds links to the files, `blobs/ETAG` their contents, and
//! `.locks/models--ORG--NAME/ETAG.lock` is held by whoever writes a blob. Here are the places; what is written to them comes
//! from the [`hub`](crate::hub).

use std::fs;
use std::path::{Path, PathBuf};

use crate::model_files::is_whole;

/// The cache: what `HF_HUB_CACHE` names.
#[derive(Debug, Clone)]
pub struct HfCache {
    folder: PathBuf,
}

impl HfCache {
    /// The cache in `folder`.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where the cache is.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// The places of one model.
    pub fn repo(&self, name: &str) -> RepoCache {
        let folder = format!("models--{}", name.replace('/', "--"));
        RepoCache { locks: self.folder.join(".locks").join(&folder), folder: self.folder.join(folder) }
    }

    /// Folder of the model's `main` snapshot, if nothing is missing from it.
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        let repo = self.repo(name);
        let commit = fs::read_to_string(repo.main()).ok()?;
        let commit = commit.trim();
        let snapshot = repo.snapshot(commit);
        (is_plain(commit) && is_whole(&snapshot)).then_some(snapshot)
    }

    /// Names of the models it holds, whole ones only.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let folders = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let names =
            folders.filter_map(|folder| Some(folder.strip_prefix("models--")?.replacen("--", "/", 1)));
        names.filter(|name| self.find(name).is_some()).collect()
    }
}

/// One model's part of the cache.
#[derive(Debug, Clone)]
pub struct RepoCache {
    folder: PathBuf,
    locks: PathBuf,
}

impl RepoCache {
    /// Names the commit of `main`.
    pub fn main(&self) -> PathBuf {
        self.folder.join("refs/main")
    }

    /// The files of a commit.
    pub fn snapshot(&self, commit: &str) -> PathBuf {
        self.folder.join("snapshots").join(commit)
    }

    /// A file's contents.
    pub fn blob(&self, etag: &str) -> PathBuf {
        self.folder.join("blobs").join(etag)
    }

    /// A file's contents as far as they have come.
    pub fn part(&self, etag: &str) -> PathBuf {
        self.folder.join("blobs").join(format!("{etag}.incomplete"))
    }

    /// Held by whoever writes the blob.
    pub fn lock(&self, etag: &str) -> PathBuf {
        self.locks.join(format!("{etag}.lock"))
    }
}

/// Whether a commit or an etag can be a file's name.
pub fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    !name.is_empty() && name.len() <= 128 && name.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache_with(commit: &str) -> (tempfile::TempDir, HfCache) {
        let home = tempfile::tempdir().unwrap();
        let cache = HfCache::new(home.path().join("hub"));
        let repo = cache.repo("org/x");
        for folder in [repo.main().parent().unwrap(), &repo.snapshot("abc123")] {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(repo.main(), commit).unwrap();
        for file in ["config.json", "model.safetensors"] {
            fs::write(repo.snapshot("abc123").join(file), "{}").unwrap();
        }
        (home, cache)
    }

    #[test]
    fn the_main_snapshot_is_found() {
        let (_home, cache) = cache_with("abc123\n");
        assert!(cache.find("org/x").unwrap().ends_with("models--org--x/snapshots/abc123"));
        assert_eq!(cache.find("org/y"), None);
        assert_eq!(cache.names(), ["org/x"]);
    }

    #[test]
    fn a_snapshot_that_lacks_a_file_is_none() {
        let (_home, cache) = cache_with("abc123");
        fs::remove_file(cache.repo("org/x").snapshot("abc123").join("model.safetensors")).unwrap();
        assert_eq!(cache.find("org/x"), None);
        assert!(cache.names().is_empty());
    }

    #[test]
    fn a_reference_to_what_is_not_there_or_no_commit_finds_nothing() {
        for commit in ["ffff", "../abc123", ""] {
            let (_home, cache) = cache_with(commit);
            assert_eq!(cache.find("org/x"), None, "{commit:?}");
        }
    }
}
