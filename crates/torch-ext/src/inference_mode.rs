//! `c10::InferenceMode`: no autograd bookkeeping and no version counters.
//!
//! The guard belongs to one thread and guards must end in the reverse order of their start. A closure can't be used
//! wrongly in either way, so the guard itself stays private.

use std::ffi::c_void;
use std::marker::PhantomData;

use crate::{Error, ffi};

/// Runs `work` on this thread in inference mode; the mode ends with it, also by a panic.
///
/// Tensors made inside may be read outside but never take part in autograd.
pub fn inference_mode<T>(work: impl FnOnce() -> T) -> Result<T, Error> {
    let _guard = Guard::enter()?;
    Ok(work())
}

struct Guard {
    guard: *mut c_void,
    not_send: PhantomData<*mut ()>,
}

impl Guard {
    fn enter() -> Result<Self, Error> {
        let mut guard = std::ptr::null_mut();
        // SAFETY: both pointers are valid for the call; the shim writes one of them.
        ffi::checked(|error| unsafe { ffi::gbt_enter_inference_mode(&mut guard, error) })?;
        Ok(Self { guard, not_send: PhantomData })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // SAFETY: made by `enter` on this thread (the type is not Send) and freed only here.
        unsafe { ffi::gbt_leave_inference_mode(self.guard) };
    }
}

#[cfg(test)]
mod tests {
    use tch::{Kind, Tensor};

    use super::*;

    fn builds_a_graph() -> bool {
        let x = Tensor::ones([2], (Kind::Float, tch::Device::Cpu)).set_requires_grad(true);
        (&x * 2.0).requires_grad()
    }

    #[test]
    fn there_is_no_graph_inside_and_one_outside() {
        assert!(builds_a_graph());
        let made_inside = inference_mode(|| {
            let x = Tensor::ones([2], (Kind::Float, tch::Device::Cpu));
            (&x * 2.0).requires_grad()
        });
        assert!(!made_inside.unwrap());
        assert!(builds_a_graph());
    }

    #[test]
    fn the_mode_ends_with_a_panic() {
        let caught = std::panic::catch_unwind(|| inference_mode(|| panic!("on purpose")));
        assert!(caught.is_err());
        assert!(builds_a_graph());
    }
}
