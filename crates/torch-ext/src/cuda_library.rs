//! Brings `libtorch_cuda` in at run time, where it stands beside the `libtorch_cpu` that is loaded.
//!
//! The daemon is linked without it, so that one binary serves machines with and without a GPU. It never looks anywhere
//! but beside `libtorch_cpu`: a CUDA library of another release would crash in ways that are hard to trace.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::{Error, ffi};

/// What became of the search for CUDA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CudaLibrary {
    /// Loaded from this file, now or by an earlier call.
    Loaded(PathBuf),
    /// There is none beside libtorch_cpu: a CPU-only libtorch, expected in this file.
    Absent(PathBuf),
}

/// Loads `libtorch_cuda` once for the whole process; it is never unloaded. A library that is there but can't be loaded is
/// an error with the loader's reason. Call it before the first question about CUDA.
pub fn load_cuda_library() -> Result<CudaLibrary, Error> {
    static LOADED: OnceLock<PathBuf> = OnceLock::new();
    if let Some(path) = LOADED.get() {
        return Ok(CudaLibrary::Loaded(path.clone()));
    }
    let path = beside_libtorch();
    if !path.exists() {
        return Ok(CudaLibrary::Absent(path));
    }
    open_for_good(&path)?;
    Ok(CudaLibrary::Loaded(LOADED.get_or_init(|| path).clone()))
}

/// The CUDA runtime's version, such as `13.0`; `None` where no CUDA library is loaded.
pub fn cuda_version() -> Result<Option<String>, Error> {
    let mut version = 0;
    // SAFETY: both pointers are valid for the call.
    ffi::checked(|error| unsafe { ffi::gbt_cuda_runtime(&mut version, error) })?;
    Ok((version > 0).then(|| spelled(version)))
}

fn spelled(version: i64) -> String {
    format!("{}.{}", version / 1000, version % 1000 / 10)
}

fn beside_libtorch() -> PathBuf {
    let cpu = ffi::libtorch_path().unwrap_or_default();
    cpu.parent().unwrap_or(Path::new("")).join(libloading::library_filename("torch_cuda"))
}

#[cfg(unix)]
fn open_for_good(path: &Path) -> Result<(), Error> {
    use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};
    // SAFETY: the initialisers of libtorch_cuda register its kernels with the libtorch_cpu beside it, which is loaded
    // already; it is made to be loaded this way (Python does so too).
    let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_GLOBAL) }
        .map_err(|error| Error::Library { path: path.to_owned(), reason: error.to_string() })?;
    // Its registrations point into it for as long as the process lives.
    std::mem::forget(library);
    Ok(())
}

#[cfg(not(unix))]
fn open_for_good(path: &Path) -> Result<(), Error> {
    Err(Error::Library { path: path.to_owned(), reason: "this build knows only the Unix loader".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuda_is_looked_for_beside_libtorch_cpu() {
        let path = beside_libtorch();
        assert!(
            path.with_file_name(libloading::library_filename("torch_cpu")).exists(),
            "{}",
            path.display()
        );
        match load_cuda_library().unwrap() {
            CudaLibrary::Absent(looked_at) => {
                assert!(!looked_at.exists());
                assert_eq!(cuda_version().unwrap(), None);
            }
            CudaLibrary::Loaded(from) => {
                assert_eq!(from, path);
                assert!(cuda_version().unwrap().is_some());
                assert_eq!(load_cuda_library().unwrap(), CudaLibrary::Loaded(path));
            }
        }
    }

    #[test]
    fn a_file_that_is_no_library_is_an_error_with_the_loaders_reason() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("libtorch_cuda.so");
        std::fs::write(&path, b"not a library").unwrap();
        let error = open_for_good(&path).unwrap_err();
        assert_eq!(error.code(), "library");
        assert!(error.to_string().contains("libtorch_cuda.so"));
    }

    #[test]
    fn versions_are_spelled_as_nvidia_does() {
        assert_eq!(spelled(13000), "13.0");
        assert_eq!(spelled(12090), "12.9");
    }
}
