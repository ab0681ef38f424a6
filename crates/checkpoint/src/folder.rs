//! Reading the small JSON files of a model's folder. A missing optional file is `None`; a broken one is always an error.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::Error;

/// One folder of a checkpoint.
#[derive(Debug, Clone)]
pub struct ModelFolder(PathBuf);

impl ModelFolder {
    /// The folder at `path`; nothing is read yet.
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Where the file `name` is, or would be.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The folder `name` inside this one; the folder itself for the empty name.
    pub fn inner(&self, name: &str) -> Self {
        Self(if name.is_empty() { self.0.clone() } else { self.0.join(name) })
    }

    /// The whole file `name`.
    ///
    /// # Errors
    /// [`Error::File`] when it can't be read.
    pub fn bytes(&self, name: &str) -> Result<Vec<u8>, Error> {
        let path = self.path(name);
        std::fs::read(&path).map_err(|error| Error::File { path, reason: error.to_string() })
    }

    /// The file `name`, parsed.
    ///
    /// # Errors
    /// [`Error::File`] when it can't be read or is not what is expected.
    pub fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, Error> {
        self.parse(name, &self.bytes(name)?)
    }

    /// The file `name`, parsed; `None` where there is none.
    ///
    /// # Errors
    /// [`Error::File`] when it can't be read or is not what is expected.
    pub fn optional_json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        let path = self.path(name);
        match std::fs::read(&path) {
            Ok(bytes) => self.parse(name, &bytes).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::File { path, reason: error.to_string() }),
        }
    }

    /// An error about the file `name`; `problem` is a full sentence.
    pub fn problem(&self, name: &str, problem: impl Into<String>) -> Error {
        Error::Config { path: self.path(name), problem: problem.into() }
    }

    fn parse<T: DeserializeOwned>(&self, name: &str, bytes: &[u8]) -> Result<T, Error> {
        serde_json::from_slice(bytes)
            .map_err(|error| Error::File { path: self.path(name), reason: error.to_string() })
    }
}
