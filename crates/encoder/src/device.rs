//! Where a model runs, and whether it can.
//!
//! A device that was asked for by name and is missing is an error, never a silent step down to the processor.

use std::fmt;
use std::str::FromStr;

use gpu_bridge_torch_ext::{self as torch_ext, DeviceKind};

use crate::{Error, device_name, load_cuda};

/// A device of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Device {
    /// The processor.
    Cpu,
    /// An NVIDIA GPU by its index.
    Cuda(usize),
    /// The Apple GPU.
    Mps,
}

/// Memory of one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceMemory {
    /// What the device has, in bytes.
    pub total_bytes: u64,
    /// What is in use by anybody, in bytes.
    pub used_bytes: u64,
}

impl Device {
    /// The first CUDA device, else the Apple GPU, else the processor. Loads the CUDA library if it is there.
    pub fn best() -> Self {
        let usable = |device: &Self| device.check().is_ok();
        [Self::Cuda(0), Self::Mps].into_iter().find(usable).unwrap_or(Self::Cpu)
    }

    /// Says why this device can't be used, if it can't.
    pub fn check(self) -> Result<(), Error> {
        match self {
            Self::Cpu => Ok(()),
            Self::Cuda(index) => self.check_cuda(index),
            Self::Mps if tch::utils::has_mps() => Ok(()),
            Self::Mps => Err(self.unavailable("This libtorch has no Metal support. Use `cpu`.")),
        }
    }

    /// The processor's or the GPU's own name, such as `AMD EPYC 9655` or `NVIDIA H100 80GB HBM3`.
    pub fn name(self) -> String {
        match self {
            Self::Cpu => device_name::processor(),
            Self::Cuda(index) => device_name::nvidia(index),
            Self::Mps => "Apple GPU".to_owned(),
        }
    }

    /// The device's memory; `None` for the processor and where libtorch can't say.
    pub fn memory(self) -> Option<DeviceMemory> {
        let (kind, index) = match self {
            Self::Cpu => return None,
            Self::Cuda(index) => (DeviceKind::Cuda, index),
            Self::Mps => (DeviceKind::Mps, 0),
        };
        let memory = torch_ext::device_memory(kind, index).ok().flatten()?;
        let used_bytes = memory.total_bytes.saturating_sub(memory.free_bytes);
        Some(DeviceMemory { total_bytes: memory.total_bytes, used_bytes })
    }

    /// Gives memory that libtorch keeps for later back to the device. Nothing happens on the processor.
    pub fn empty_cache(self) -> Result<(), Error> {
        let kind = match self {
            Self::Cpu => DeviceKind::Cpu,
            Self::Cuda(_) => DeviceKind::Cuda,
            Self::Mps => DeviceKind::Mps,
        };
        torch_ext::empty_cache(kind)?;
        Ok(())
    }

    pub(crate) fn torch(self) -> tch::Device {
        match self {
            Self::Cpu => tch::Device::Cpu,
            Self::Cuda(index) => tch::Device::Cuda(index),
            Self::Mps => tch::Device::Mps,
        }
    }

    fn check_cuda(self, index: usize) -> Result<(), Error> {
        let loaded = load_cuda().map_err(|error| self.unavailable(&error.to_string()))?;
        if !loaded {
            return Err(self.unavailable(
                "libtorch_cuda does not stand beside libtorch_cpu, so this is a CPU-only libtorch. Point LIBTORCH at one \
                 with CUDA, or use `cpu`.",
            ));
        }
        let count = if tch::Cuda::is_available() { tch::Cuda::device_count() } else { 0 };
        if usize::try_from(count).is_ok_and(|count| index < count) {
            return Ok(());
        }
        Err(self.unavailable(&format!(
            "CUDA sees {count} devices. Check nvidia-smi and CUDA_VISIBLE_DEVICES, or use `cpu`."
        )))
    }

    fn unavailable(self, reason: &str) -> Error {
        Error::DeviceUnavailable { device: self.to_string(), reason: reason.to_owned() }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(index) => write!(f, "cuda:{index}"),
            Self::Mps => f.write_str("mps"),
        }
    }
}

impl FromStr for Device {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let index = |rest: &str| rest.parse().ok().map(Self::Cuda);
        match name {
            "cpu" => Some(Self::Cpu),
            "cuda" => Some(Self::Cuda(0)),
            "mps" => Some(Self::Mps),
            _ => name.strip_prefix("cuda:").and_then(index),
        }
        .ok_or_else(|| Error::UnknownName {
            value: name.to_owned(),
            kind: "device",
            allowed: "cpu, cuda, cuda:N, mps",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written() {
        for (name, device) in [
            ("cpu", Device::Cpu),
            ("cuda", Device::Cuda(0)),
            ("cuda:1", Device::Cuda(1)),
            ("mps", Device::Mps),
        ] {
            assert_eq!(name.parse::<Device>().unwrap(), device);
        }
        assert_eq!(Device::Cuda(0).to_string(), "cuda:0");
        for wrong in ["gpu", "cuda:", "cuda:x", "cuda:-1", "CPU", ""] {
            assert_eq!(wrong.parse::<Device>().unwrap_err().code(), "invalid_field", "{wrong}");
        }
    }

    #[test]
    fn a_missing_device_is_named_with_what_to_do() {
        let error = Device::Cuda(99).check().unwrap_err();
        assert_eq!(error.code(), "device_unavailable");
        assert!(error.to_string().contains("cuda:99"), "{error}");
        assert!(error.to_string().contains("use `cpu`"), "{error}");
    }

    #[test]
    fn the_best_device_can_be_used_and_the_processor_has_a_name() {
        assert!(Device::best().check().is_ok());
        assert!(!Device::Cpu.name().is_empty());
        assert_eq!(Device::Cpu.memory(), None);
        assert!(Device::Cpu.empty_cache().is_ok());
    }
}
