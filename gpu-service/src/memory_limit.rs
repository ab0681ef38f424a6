//! `GPU_MEMORY_BUDGET_MB`: how many bytes models may take on the device.
//!
//! Unless the operator says it: four fifths of what is free on the device when the service starts, because passes need
//! memory as well. On a CPU the same share of the machine's memory, or of the control group's if that is less. Where nobody
//! can tell (no `/proc`), there is no bound.

use std::fs;
use std::str::FromStr;

use gpu_bridge_encoder::Device;

/// Bytes a MiB.
const MIB: u64 = 1024 * 1024;
/// What passes and everything else leave for models, in fifths.
const SHARE: u64 = 4;
/// The control group's limit, by version.
const GROUPS: [&str; 2] = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];

/// A bound in bytes, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryLimit(pub Option<u64>);

impl MemoryLimit {
    /// What suits the device.
    pub fn of(device: Device) -> Self {
        let on_device = device.memory().map(|memory| memory.total_bytes.saturating_sub(memory.used_bytes));
        let available = on_device.or_else(machine);
        Self(available.map(|bytes| bytes / 5 * SHARE))
    }
}

impl FromStr for MemoryLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "none" => Ok(Self(None)),
            number => match number.parse::<u64>() {
                Ok(0) | Err(_) => Err("it must be a whole number of MiB, or `none`".to_owned()),
                Ok(mib) => Ok(Self(Some(mib.saturating_mul(MIB)))),
            },
        }
    }
}

/// Memory of this machine, or of the control group we are in.
fn machine() -> Option<u64> {
    let total = in_meminfo(&fs::read_to_string("/proc/meminfo").ok()?)?;
    let groups = GROUPS.iter().filter_map(|path| fs::read_to_string(path).ok()?.trim().parse().ok());
    Some(groups.fold(total, u64::min))
}

/// `MemTotal:       24689764 kB`.
fn in_meminfo(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_memory_is_read() {
        assert_eq!(in_meminfo("MemTotal:       2048 kB\nMemFree: 1 kB\n"), Some(2 * MIB));
        assert_eq!(in_meminfo("nothing"), None);
    }

    #[test]
    fn a_budget_is_mib_or_none() {
        assert_eq!("3".parse(), Ok(MemoryLimit(Some(3 * MIB))));
        assert_eq!("none".parse(), Ok(MemoryLimit(None)));
        for bad in ["0", "-1", "lots", ""] {
            assert!(bad.parse::<MemoryLimit>().is_err(), "{bad}");
        }
    }
}
