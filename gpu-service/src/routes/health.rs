//! `GET /health`: may this host be given work? Open to everybody.

use axum::extract::State;
use axum::response::Response;
use gpu_bridge_protocol::{HealthResponse, HealthStatus};
use http::StatusCode;

use crate::reply;
use crate::service::{Service, Shared};

/// Answers 200 only where new work would be taken.
pub async fn health(State(service): State<Shared>) -> Response {
    let (status, detail) = state(&service);
    let code = if status == HealthStatus::Ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let device = service.device.to_string();
    reply::json(code, &HealthResponse { status, device, detail: detail.map(str::to_owned) })
}

fn state(service: &Service) -> (HealthStatus, Option<&'static str>) {
    if service.admission.draining() {
        (HealthStatus::Draining, Some("The service is stopping; it finishes what it has."))
    } else if service.queue.stopped() {
        (HealthStatus::Error, Some("The device can't work any more; the log says why. Restart the service."))
    } else if !service.started() {
        (HealthStatus::Starting, Some("The default models are loading."))
    } else {
        (HealthStatus::Ok, None)
    }
}
