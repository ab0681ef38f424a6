//! The device's memory, asked for seldom, for the driver takes its time.

use std::time::Duration;

use gpu_bridge_encoder::{Device, DeviceMemory};
use parking_lot::Mutex;
use tokio::time::Instant;

/// The driver is asked for the memory at most this often.
const FRESH: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Debug)]
pub struct MemoryGauge {
    device: Device,
    last: Mutex<Option<(Instant, Option<DeviceMemory>)>>,
}

impl MemoryGauge {
    /// For this device.
    pub fn new(device: Device) -> Self {
        Self { device, last: Mutex::new(None) }
    }

    /// The device's memory as of a moment ago; `None` for the CPU.
    pub fn read(&self, now: Instant) -> Option<DeviceMemory> {
        let mut last = self.last.lock();
        match *last {
            Some((asked, memory)) if now.saturating_duration_since(asked) < FRESH => memory,
            _ => {
                let memory = self.device.memory();
                *last = Some((now, memory));
                memory
            }
        }
    }
}
