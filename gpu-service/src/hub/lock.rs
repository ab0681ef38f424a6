//! One writer a blob, among all processes that share the cache: the lock that Python's tools hold while they write it.

use std::fs::{File, TryLockError, create_dir_all};
use std::path::Path;
use std::time::Duration;

use super::HubError;

/// How long to wait before a lock that another process holds is tried again.
const AGAIN: Duration = Duration::from_millis(200);

/// Held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits until nobody else holds it.
    pub(super) async fn hold(path: &Path) -> Result<Self, HubError> {
        let file = open(path).map_err(|source| HubError::disk(path, &source))?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(AGAIN).await,
                Err(TryLockError::Error(source)) => return Err(HubError::disk(path, &source)),
            }
        }
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    if let Some(folder) = path.parent() {
        create_dir_all(folder)?;
    }
    File::options().create(true).truncate(false).write(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_second_waits_for_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.lock");
        let first = Lock::hold(&path).await.unwrap();
        let waits = tokio::time::timeout(Duration::from_secs(5), Lock::hold(&path)).await;
        assert!(waits.is_err());
        drop(first);
        assert!(Lock::hold(&path).await.is_ok());
    }
}
