//! Putting a commit together: links from its files to their contents, and last of all the name `main`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::HubError;
use super::remote_file::RemoteFile;
use crate::hf_cache::RepoCache;

/// Links a file of the commit to its contents, which are there.
pub(super) fn link(repo: &RepoCache, commit: &str, file: &RemoteFile) -> Result<(), HubError> {
    let path = repo.snapshot(commit).join(&file.path);
    point(&path, &repo.blob(&file.etag), &file.path, &file.etag)
        .map_err(|source| HubError::disk(&path, &source))
}

fn point(path: &Path, blob: &Path, name: &str, etag: &str) -> io::Result<()> {
    if same(path, blob) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    make(path, blob, &relative(name, etag))
}

fn same(path: &Path, blob: &Path) -> bool {
    matches!((path.canonicalize(), blob.canonicalize()), (Ok(path), Ok(blob)) if path == blob)
}

#[cfg(unix)]
fn make(path: &Path, _: &Path, target: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

/// Links need a privilege there, so Python's tools copy as well.
#[cfg(not(unix))]
fn make(path: &Path, blob: &Path, _: &Path) -> io::Result<()> {
    fs::copy(blob, path).map(drop)
}

/// From `snapshots/COMMIT/NAME` to `blobs/ETAG`, so that the cache can be moved.
fn relative(name: &str, etag: &str) -> PathBuf {
    let depth = Path::new(name).components().count() + 1;
    let up: PathBuf = std::iter::repeat_n("..", depth).collect();
    up.join("blobs").join(etag)
}

/// Makes `commit` the `main` that readers find.
pub(super) fn name_main(repo: &RepoCache, commit: &str) -> Result<(), HubError> {
    let main = repo.main();
    replace(&main, commit).map_err(|source| HubError::disk(&main, &source))
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    let new = path.with_extension("new");
    fs::write(&new, text)?;
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_from_any_depth_to_the_blob() {
        assert_eq!(relative("config.json", "e1"), Path::new("../../blobs/e1"));
        assert_eq!(relative("1_Pooling/config.json", "e1"), Path::new("../../../blobs/e1"));
    }
}
