//! The host's load, as it rides on every reply.

use std::time::Duration;

use gpu_bridge_encoder::{Device, DeviceMemory};
use gpu_bridge_protocol::HostLoad;
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::app::Service;

/// The driver is asked for the memory at most this often.
const FRESH: Duration = Duration::from_secs(1);

/// The device's memory, asked for seldom.
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

/// The load now.
pub fn report(service: &Service, now: Instant) -> HostLoad {
    let in_flight = service.admission.taken() as f64;
    let used = |memory: DeviceMemory| memory.used_bytes as f64 / memory.total_bytes.max(1) as f64;
    let mut load = HostLoad {
        application_utilization: in_flight / service.admission.limit() as f64,
        mem_utilization: service.memory.read(now).map_or(0.0, used),
        ..HostLoad::default()
    };
    load.named_metrics.queue_tokens = service.queue.queued_tokens() as f64;
    load.named_metrics.in_flight = in_flight;
    load.named_metrics.tokens_per_second = service.throughput.tokens_per_second().round();
    load
}
