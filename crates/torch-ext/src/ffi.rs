//! The shim's C functions, and the two conversions every caller needs: a message into an [`Error`], a pointer into a tensor.

use std::ffi::{CStr, c_char, c_int, c_void};

use tch::Tensor;
use torch_sys::C_tensor;

use crate::Error;

unsafe extern "C" {
    fn gbt_torch_version() -> *const c_char;
    fn gbt_free_message(message: *mut c_char);
    fn gbt_libtorch_path() -> *const c_char;
    pub(crate) fn gbt_enter_inference_mode(guard: *mut *mut c_void, error: *mut *mut c_char) -> c_int;
    pub(crate) fn gbt_leave_inference_mode(guard: *mut c_void);
    pub(crate) fn gbt_has_onednn(yes: *mut c_int, error: *mut *mut c_char) -> c_int;
    pub(crate) fn gbt_pack_linear(
        weight: *const C_tensor,
        rows: i64,
        packed: *mut *mut C_tensor,
        error: *mut *mut c_char,
    ) -> c_int;
    pub(crate) fn gbt_linear(
        x: *const C_tensor,
        packed: *const C_tensor,
        bias: *const C_tensor,
        gelu: c_int,
        y: *mut *mut C_tensor,
        error: *mut *mut c_char,
    ) -> c_int;
    pub(crate) fn gbt_linear_add(
        x: *const C_tensor,
        packed: *const C_tensor,
        bias: *const C_tensor,
        residual: *const C_tensor,
        y: *mut *mut C_tensor,
        error: *mut *mut c_char,
    ) -> c_int;
    pub(crate) fn gbt_device_memory(
        device_type: c_int,
        index: c_int,
        present: *mut c_int,
        free_bytes: *mut u64,
        total_bytes: *mut u64,
        reserved_bytes: *mut u64,
        error: *mut *mut c_char,
    ) -> c_int;
    pub(crate) fn gbt_empty_cache(device_type: c_int, present: *mut c_int, error: *mut *mut c_char) -> c_int;
    pub(crate) fn gbt_cuda_runtime(version: *mut i64, error: *mut *mut c_char) -> c_int;
}

/// Calls a shim function and turns its message, if it left one, into an error.
pub(crate) fn checked(call: impl FnOnce(*mut *mut c_char) -> c_int) -> Result<(), Error> {
    let mut message = std::ptr::null_mut();
    if call(&mut message) == 0 {
        return Ok(());
    }
    Err(Error::Torch(take_message(message)))
}

/// Calls a shim function that makes one tensor.
pub(crate) fn made(
    call: impl FnOnce(*mut *mut C_tensor, *mut *mut c_char) -> c_int,
) -> Result<Tensor, Error> {
    let mut tensor = std::ptr::null_mut();
    checked(|error| call(&mut tensor, error))?;
    // SAFETY: on success the shim wrote a pointer to a heap-allocated at::Tensor and gave it away.
    Ok(unsafe { Tensor::from_ptr(tensor) })
}

/// The pointer of a tensor that may be missing.
pub(crate) fn pointer(tensor: Option<&Tensor>) -> *const C_tensor {
    tensor.map_or(std::ptr::null(), Tensor::as_ptr)
}

pub(crate) fn torch_version() -> &'static str {
    // SAFETY: a string literal of the shim, valid for as long as the program runs.
    unsafe { CStr::from_ptr(gbt_torch_version()) }.to_str().unwrap_or("unknown")
}

/// Where the loader found libtorch_cpu.
pub(crate) fn libtorch_path() -> Option<std::path::PathBuf> {
    // SAFETY: the function takes nothing; its answer is null or a string the loader keeps while the library is loaded,
    // which is for as long as the program runs.
    let path = unsafe { gbt_libtorch_path().as_ref().map(|first| CStr::from_ptr(first)) }?;
    Some(std::path::PathBuf::from(path.to_string_lossy().into_owned()))
}

fn take_message(message: *mut c_char) -> String {
    if message.is_null() {
        return "libtorch gave no message".to_owned();
    }
    // SAFETY: not null, so it is the shim's own malloc'ed, zero-terminated copy, which is ours to free once.
    unsafe {
        let text = CStr::from_ptr(message).to_string_lossy().into_owned();
        gbt_free_message(message);
        without_backtrace(&text)
    }
}

/// libtorch appends its C++ frames to a message; callers and logs want the sentence alone.
fn without_backtrace(text: &str) -> String {
    text.split("\nException raised from").next().unwrap_or(text).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_loses_its_backtrace() {
        assert_eq!(without_backtrace("it broke\nException raised from f at x.cpp:1"), "it broke");
    }
}
