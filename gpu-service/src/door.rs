//! Takes a place for each compute request, before its body is taken apart, and turns away who finds none.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::admission::Refusal;
use crate::body::discard;
use crate::error::ServiceError;
use crate::service::{Service, Shared};

/// Wraps the compute routes.
///
/// # Errors
/// `overloaded` or `draining`.
pub async fn admit(
    State(service): State<Shared>,
    request: Request,
    next: Next,
) -> Result<Response, ServiceError> {
    match service.admission.enter() {
        Ok(_place) => Ok(next.run(request).await),
        Err(refusal) => {
            discard(request.into_body(), service.config.max_body_bytes()).await;
            Err(turn_away(&service, refusal))
        }
    }
}

fn turn_away(service: &Service, refusal: Refusal) -> ServiceError {
    match refusal {
        Refusal::Draining => {
            ServiceError::Draining { retry_after: service.config.shutdown_grace_seconds.max(1) }
        }
        Refusal::Full => ServiceError::Overloaded {
            limit: service.admission.limit(),
            retry_after: service.throughput.seconds_for(service.queue.queued_tokens()),
        },
    }
}
