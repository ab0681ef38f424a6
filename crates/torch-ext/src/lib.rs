//! The one C++ shim over libtorch: what tch does not bind, made safe.
//!
//! It owns every `unsafe` line about libtorch, so that the encoder can forbid unsafe code. Each
//! C++ function catches its exceptions; each Rust function answers with a [`Result`]. It never decides anything about
//! models: shapes, names and policies live in the encoder.
//!
//! # How the daemon links libtorch
//!
//! torch-sys 0.24 asks the linker for `torch_cpu`, `torch`, `c10` and `gomp`, and for `torch_cuda` too where
//! `libtorch_cuda.so` stands in `$LIBTORCH/lib`. No symbol of `torch_cuda` or `torch` is ever referred to, and the linker
//! runs with `--as-needed`, so in both cases the binary needs `libtorch_cpu.so` and `libc10.so` alone. One binary thus
//! serves CPU and CUDA machines; [`load_cuda_library`] brings CUDA in at run time, where it stands beside `libtorch_cpu`.

mod cuda_library;
mod error;
mod ffi;
mod inference_mode;
mod linear;
mod memory;

pub use cuda_library::{CudaLibrary, cuda_version, load_cuda_library};
pub use error::Error;
pub use inference_mode::inference_mode;
pub use linear::{Activation, PackedLinear, has_onednn};
pub use memory::{DeviceKind, DeviceMemory, device_memory, empty_cache};

/// The version of the libtorch headers this crate was built against, such as `2.11.0`.
pub fn libtorch_version() -> &'static str {
    ffi::torch_version()
}
