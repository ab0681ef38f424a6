//! The host's load, as it rides on every reply.

use gpu_bridge_encoder::DeviceMemory;
use gpu_bridge_protocol::HostLoad;
use tokio::time::Instant;

use crate::service::Service;

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
