//! Facts about the libtorch this process runs on.

use gpu_bridge_torch_ext::{self as torch_ext, CudaLibrary};

use crate::Error;

/// The libtorch release, such as `2.11.0`.
pub fn libtorch_version() -> &'static str {
    torch_ext::libtorch_version()
}

/// The CUDA runtime's release, such as `13.0`; `None` until [`load_cuda`] has found one.
pub fn cuda_version() -> Option<String> {
    torch_ext::cuda_version().ok().flatten()
}

/// Loads `libtorch_cuda` if it stands beside `libtorch_cpu`; says whether it is loaded. One that is there but broken is an
/// error.
pub fn load_cuda() -> Result<bool, Error> {
    Ok(matches!(torch_ext::load_cuda_library()?, CudaLibrary::Loaded(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_cuda_version_exactly_where_cuda_is_loaded() {
        assert_eq!(libtorch_version().split('.').count(), 3);
        assert_eq!(load_cuda().unwrap(), cuda_version().is_some());
    }
}
