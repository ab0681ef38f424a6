//! A file's contents as far as they have come. They stay where they are when the service ends, to be gone on with.

use std::path::{Path, PathBuf};

use tokio::fs::{self, File, OpenOptions};
use tokio::io::AsyncWriteExt;

use super::HubError;

/// See the module.
pub(super) struct Part {
    path: PathBuf,
    file: File,
    length: u64,
}

impl Part {
    /// What is at `path`, or nothing yet.
    pub(super) async fn open(path: &Path) -> Result<Self, HubError> {
        let disk = |source| HubError::disk(path, &source);
        fs::create_dir_all(path.parent().unwrap_or(path)).await.map_err(disk)?;
        let file = OpenOptions::new().create(true).append(true).open(path).await.map_err(disk)?;
        let length = file.metadata().await.map_err(disk)?.len();
        Ok(Self { path: path.to_owned(), file, length })
    }

    /// Bytes that have come.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) async fn append(&mut self, bytes: &[u8]) -> Result<(), HubError> {
        let written = self.file.write_all(bytes).await;
        self.length += bytes.len() as u64;
        written.map_err(|source| HubError::disk(&self.path, &source))
    }

    /// Waits until all is written.
    pub(super) async fn flush(&mut self) -> Result<(), HubError> {
        self.file.flush().await.map_err(|source| HubError::disk(&self.path, &source))
    }

    /// Starts over.
    pub(super) async fn clear(&mut self) -> Result<(), HubError> {
        self.flush().await?;
        self.length = 0;
        self.file.set_len(0).await.map_err(|source| HubError::disk(&self.path, &source))
    }

    /// Throws away what came.
    pub(super) async fn remove(self) {
        // One that can't be removed is checked, found wrong and cleared by whoever comes next.
        drop(fs::remove_file(&self.path).await);
    }

    /// Puts what came in its place, all at once.
    pub(super) async fn become_blob(self, blob: &Path) -> Result<(), HubError> {
        fs::rename(&self.path, blob).await.map_err(|source| HubError::disk(blob, &source))
    }
}
