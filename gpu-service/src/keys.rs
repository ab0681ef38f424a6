//! The keys: compared in constant time, and the key file that may change while we run.
//!
//! Keys are kept and compared as SHA-256 digests, all of them each time, so neither a key's length nor its place in
//! the list shows in the time an answer takes. Names are for the log; keys never get there.

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

type Fingerprint = [u8; 32];

/// Why the keys can't be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file can't be read.
    #[error("API_KEYS_FILE {} can't be read: {source}; make it readable or unset the variable", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line isn't `name:key`.
    #[error("line {line} of API_KEYS_FILE {} isn't `name:key`; mend it", path.display())]
    BadLine {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// It holds no key.
    #[error("API_KEYS_FILE {} holds no key; put a `name:key` in a line", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

/// See the module.
#[derive(Debug)]
pub struct Keys {
    fixed: Option<Fingerprint>,
    file: Option<Mutex<KeyFile>>,
}

#[derive(Debug)]
struct KeyFile {
    path: PathBuf,
    version: Option<Version>,
    keys: Vec<Fingerprint>,
}

/// What tells one state of the file from another without reading it.
type Version = (SystemTime, u64);

impl Keys {
    /// The key from the settings and those of the file.
    ///
    /// # Errors
    /// When the file can't be read or holds something else.
    pub fn new(key: Option<&str>, file: Option<PathBuf>) -> Result<Self, KeyFileError> {
        let file = file.map(KeyFile::open).transpose()?.map(Mutex::new);
        Ok(Self { fixed: key.map(fingerprint), file })
    }

    /// Whether `offered` opens the door. Without any key set, everything does.
    pub fn admit(&self, offered: &str) -> bool {
        if self.fixed.is_none() && self.file.is_none() {
            return true;
        }
        let offered = fingerprint(offered);
        let mut found = Choice::from(0);
        if let Some(key) = &self.fixed {
            found |= key.ct_eq(&offered);
        }
        if let Some(file) = &self.file {
            for key in file.lock().current() {
                found |= key.ct_eq(&offered);
            }
        }
        found.into()
    }
}

impl KeyFile {
    fn open(path: PathBuf) -> Result<Self, KeyFileError> {
        let mut file = Self { version: version(&path), path, keys: Vec::new() };
        file.keys = file.read()?;
        Ok(file)
    }

    /// The keys, read again where the file changed. A file that can't be read leaves the keys as they were.
    fn current(&mut self) -> &[Fingerprint] {
        let now = version(&self.path);
        if now != self.version {
            self.version = now;
            match self.read() {
                Ok(keys) => {
                    tracing::info!(keys = keys.len(), "the key file changed and was read again");
                    self.keys = keys;
                }
                Err(error) => tracing::error!("{error}. The keys stay as they were"),
            }
        }
        &self.keys
    }

    fn read(&self) -> Result<Vec<Fingerprint>, KeyFileError> {
        let path = || self.path.clone();
        let text = fs::read_to_string(&self.path)
            .map_err(|source| KeyFileError::Unreadable { path: path(), source })?;
        let lines = (1..).zip(text.lines().map(str::trim));
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let keys = lines
            .map(|(line, text)| key_of(text).ok_or_else(|| KeyFileError::BadLine { path: path(), line }))
            .collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() { Err(KeyFileError::Empty { path: path() }) } else { Ok(keys) }
    }
}

fn key_of(line: &str) -> Option<Fingerprint> {
    let (name, key) = line.split_once(':')?;
    (!name.trim().is_empty() && !key.trim().is_empty()).then(|| fingerprint(key.trim()))
}

fn version(path: &PathBuf) -> Option<Version> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

fn fingerprint(key: &str) -> Fingerprint {
    Sha256::digest(key.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_with(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        fs::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn without_keys_everybody_comes_in() {
        assert!(Keys::new(None, None).unwrap().admit(""));
    }

    #[test]
    fn only_the_right_key_opens() {
        let keys = Keys::new(Some("secret"), None).unwrap();
        assert!(keys.admit("secret"));
        for wrong in ["", "secre", "secrets", "SECRET"] {
            assert!(!keys.admit(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn keys_of_the_file_come_and_go_with_it() {
        let (_folder, path) = file_with("# people\nanna: a-key\n\nben:b:key\n");
        let keys = Keys::new(Some("fixed"), Some(path.clone())).unwrap();
        assert!(keys.admit("fixed") && keys.admit("a-key") && keys.admit("b:key") && !keys.admit("c-key"));
        fs::write(&path, "cleo:the-new-c-key\n").unwrap();
        assert!(keys.admit("the-new-c-key") && !keys.admit("a-key"));
        fs::write(&path, "not a key line, just text\n").unwrap();
        assert!(keys.admit("the-new-c-key"), "a broken file must not lock anybody out");
    }

    #[test]
    fn a_file_that_can_not_serve_is_an_error_that_says_how_to_mend_it() {
        let (folder, path) = file_with("anna\n");
        let missing = folder.path().join("none");
        let message = |path| Keys::new(None, Some(path)).unwrap_err().to_string();
        assert!(message(path.clone()).contains("line 1"));
        assert!(message(missing).contains("can't be read"));
        fs::write(&path, "\n").unwrap();
        assert!(message(path).contains("holds no key"));
    }
}
