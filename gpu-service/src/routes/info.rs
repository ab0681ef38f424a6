//! `GET /info`: what this host is and has.

use axum::extract::State;
use axum::response::Response;
use gpu_bridge_encoder::{cuda_version, libtorch_version};
use gpu_bridge_protocol::{InfoResponse, Limits};
use http::StatusCode;
use tokio::time::Instant;

use crate::reply;
use crate::service::Shared;

/// Bytes a MiB.
const MIB: u64 = 1024 * 1024;

/// Device, limits and models.
pub async fn info(State(service): State<Shared>) -> Response {
    let memory = service.memory.read(Instant::now());
    let answer = InfoResponse {
        device: service.device.to_string(),
        device_name: service.device.name(),
        vram_total_mb: memory.map(|memory| memory.total_bytes / MIB),
        vram_used_mb: memory.map(|memory| memory.used_bytes / MIB),
        pytorch_version: libtorch_version().to_owned(),
        cuda_version: cuda_version(),
        loaded_models: service.registry.labels(),
        version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        limits: Some(Limits {
            max_batch_size: service.config.max_batch_size,
            max_text_length: service.config.max_text_length,
            max_concurrent: service.config.max_concurrent,
        }),
        models: service.registry.info(),
    };
    reply::json(StatusCode::OK, &answer)
}
