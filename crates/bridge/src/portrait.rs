//! What a host of another engine would say of itself, if it had gpu-service's `/info` and `/status`.
//!
//! Only what is known is said: which models it lists, and what this bridge has in flight there.

use gpu_bridge_protocol::{InfoResponse, ModelInfo, QueueStatus, StatusResponse, Task};
use serde::de::DeserializeOwned;

use crate::engine_check::UNKNOWN;

/// An answer of gpu-service that can be drawn for others.
pub(crate) trait Portrait: DeserializeOwned + Clone {
    /// The route of gpu-service.
    const PATH: &'static str;

    /// Of a host that lists these models and has so many requests of this bridge in flight.
    fn draw(models: Vec<String>, in_flight: usize) -> Self;
}

impl Portrait for InfoResponse {
    const PATH: &'static str = "/info";

    fn draw(models: Vec<String>, _: usize) -> Self {
        let described = models.iter().map(|name| described(name.clone()));
        Self {
            device: UNKNOWN.to_owned(),
            device_name: UNKNOWN.to_owned(),
            vram_total_mb: None,
            vram_used_mb: None,
            pytorch_version: UNKNOWN.to_owned(),
            cuda_version: None,
            models: described.collect(),
            loaded_models: models.iter().map(|name| format!("embed:{name}")).collect(),
            version: None,
            limits: None,
        }
    }
}

fn described(name: String) -> ModelInfo {
    ModelInfo {
        name,
        task: Task::Embed,
        dtype: None,
        dimensions: None,
        max_seq_length: None,
        memory_mb: None,
        fingerprint: None,
        error: None,
    }
}

impl Portrait for StatusResponse {
    const PATH: &'static str = "/status";

    fn draw(_: Vec<String>, in_flight: usize) -> Self {
        let queue = QueueStatus {
            max_concurrent: 0,
            in_flight,
            available_slots: 0,
            waiting_estimate: 0,
            queued_tokens: 0,
            tokens_per_second: 0.0,
        };
        Self { queue, active_jobs: vec![], loading: vec![] }
    }
}
