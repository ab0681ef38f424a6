//! What a device's own allocator knows about its memory. The CPU has no such allocator.

use std::ffi::c_int;

use crate::{Error, ffi};

/// A kind of device that may have an allocator of its own. The numbers are `c10::DeviceType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum DeviceKind {
    /// The processor.
    Cpu = 0,
    /// NVIDIA GPUs.
    Cuda = 1,
    /// Apple GPUs.
    Mps = 13,
}

/// Memory of one device, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceMemory {
    /// What nobody on the machine uses.
    pub free_bytes: u64,
    /// What the device has.
    pub total_bytes: u64,
    /// What this process holds, in use or cached.
    pub reserved_bytes: u64,
}

/// The memory of device `index`; `None` where that kind of device has no allocator (the CPU, or CUDA not loaded).
pub fn device_memory(kind: DeviceKind, index: usize) -> Result<Option<DeviceMemory>, Error> {
    let (mut present, mut free, mut total, mut reserved) = (0, 0, 0, 0);
    if kind == DeviceKind::Cpu {
        return Ok(None);
    }
    let index = c_int::try_from(index).unwrap_or(c_int::MAX);
    // SAFETY: all pointers are valid for the call.
    ffi::checked(|error| unsafe {
        let (free, total, reserved) = (&mut free, &mut total, &mut reserved);
        ffi::gbt_device_memory(kind as c_int, index, &mut present, free, total, reserved, error)
    })?;
    Ok((present != 0).then_some(DeviceMemory {
        free_bytes: free,
        total_bytes: total,
        reserved_bytes: reserved,
    }))
}

/// Gives cached blocks back to the device; says whether there was an allocator to ask.
pub fn empty_cache(kind: DeviceKind) -> Result<bool, Error> {
    let mut present = 0;
    if kind == DeviceKind::Cpu {
        return Ok(false);
    }
    // SAFETY: both pointers are valid for the call.
    ffi::checked(|error| unsafe { ffi::gbt_empty_cache(kind as c_int, &mut present, error) })?;
    Ok(present != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_has_no_allocator_of_its_own() {
        assert_eq!(device_memory(DeviceKind::Cpu, 0).unwrap(), None);
        assert!(!empty_cache(DeviceKind::Cpu).unwrap());
    }

    #[test]
    fn a_kind_of_device_that_is_not_loaded_is_absent_rather_than_an_error() {
        assert_eq!(device_memory(DeviceKind::Mps, 0).unwrap(), None);
        assert!(!empty_cache(DeviceKind::Mps).unwrap());
    }
}
