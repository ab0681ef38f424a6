//! A read-only view of a whole file, without reading it.
//!
//! A mapping is only as steady as its file. Replacing a file by renaming another over it, as the hub's tools and our own
//! set-up do, leaves the mapped one untouched. Cutting it short while it is mapped ends the process with a bus error, and
//! writing into it changes the bytes under us; a checkpoint that somebody edits in place while it loads is broken by any
//! way of reading it. To keep that window small its readers copy what they need and drop the mapping before the first
//! request, and no decision about memory safety rests on a value read twice.
//!
//! It is a crate of its own so that everything else that reads a checkpoint can forbid unsafe code and be tested, and
//! fuzzed, without libtorch.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use memmap2::Mmap;

/// A file mapped for reading.
#[derive(Debug)]
pub struct MappedFile {
    path: PathBuf,
    map: Mmap,
}

impl MappedFile {
    /// Maps the file at `path`. An empty file gives an empty slice.
    ///
    /// # Errors
    /// The operating system's, where the file can't be opened or mapped.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        // SAFETY: see the crate: model files are replaced, not edited, and the mapping lives only while they load.
        let map = unsafe { Mmap::map(&file) }?;
        Ok(Self { path: path.to_owned(), map })
    }

    /// The file's bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// Where the file lies.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapped_file_has_the_files_bytes_even_after_a_rename_over_it() {
        let dir = tempfile::tempdir().unwrap();
        let (path, other) = (dir.path().join("a"), dir.path().join("b"));
        std::fs::write(&path, b"weights").unwrap();
        std::fs::write(&other, b"x").unwrap();
        let mapped = MappedFile::open(&path).unwrap();
        std::fs::rename(&other, &path).unwrap();
        assert_eq!(mapped.bytes(), b"weights");
        assert_eq!(mapped.path(), path);
    }

    #[test]
    fn an_empty_file_is_empty_and_a_missing_one_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("empty");
        std::fs::write(&path, b"").unwrap();
        assert!(MappedFile::open(&path).unwrap().bytes().is_empty());
        assert!(MappedFile::open(&dir.path().join("nowhere")).is_err());
    }
}
