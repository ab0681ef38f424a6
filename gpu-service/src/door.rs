//! Takes a place for each compute request, before its body is read, and turns away who finds none.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::admission::Refusal;
use crate::app::{Service, Shared};
use crate::error::ServiceError;

/// Wraps the compute routes.
///
/// # Errors
/// `overloaded` or `draining`.
pub async fn admit(
    State(service): State<Shared>,
    request: Request,
    next: Next,
) -> Result<Response, ServiceError> {
    let _place = service.admission.enter().map_err(|refusal| turn_away(&service, refusal))?;
    Ok(next.run(request).await)
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
