//! `GET /status`: what this host is doing.

use axum::extract::State;
use axum::response::Response;
use gpu_bridge_protocol::{QueueStatus, StatusResponse};
use http::StatusCode;

use crate::reply;
use crate::service::{Service, Shared};

/// The queue, the jobs and the models on their way.
pub async fn status(State(service): State<Shared>) -> Response {
    let answer = StatusResponse {
        queue: queue(&service),
        active_jobs: service.jobs.show(),
        loading: service.registry.loading(),
    };
    reply::json(StatusCode::OK, &answer)
}

fn queue(service: &Service) -> QueueStatus {
    let (max_concurrent, in_flight) = (service.admission.limit(), service.admission.taken());
    QueueStatus {
        max_concurrent,
        in_flight,
        available_slots: max_concurrent.saturating_sub(in_flight),
        waiting_estimate: in_flight.saturating_sub(service.jobs.running()),
        queued_tokens: service.queue.queued_tokens(),
        tokens_per_second: service.throughput.tokens_per_second(),
    }
}
