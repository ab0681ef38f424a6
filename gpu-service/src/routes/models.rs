//! `POST /models/load` and `POST /models/unload`: a model into memory, and out of it.
//!
//! Both answer with the model's entry in `/info`: 200 when it is done, 202 when it goes on.

use axum::extract::{Request, State};
use axum::response::Response;
use gpu_bridge_protocol::{ModelRequest, Task};
use http::StatusCode;

use super::call::{self, Call};
use crate::error::ServiceError;
use crate::model::ModelKey;
use crate::model_name::ModelName;
use crate::registry::Managed;
use crate::reply;
use crate::service::Shared;

/// Fetches and loads a model, whatever failed before.
///
/// # Errors
/// As for a request that needs the model.
pub async fn load(State(service): State<Shared>, request: Request) -> Result<Response, ServiceError> {
    let (call, request) = Call::read::<ModelRequest>(service, request).await?;
    if call.service.admission.draining() {
        return Err(ServiceError::Draining { retry_after: call.service.config.shutdown_grace_seconds });
    }
    let (key, name) = key(&request)?;
    Ok(answer(&call.service.registry.load(&key, &name).await?))
}

/// Frees a model's memory once its work in flight is done.
///
/// # Errors
/// `model_not_found` for one that isn't in memory, `model_loading` for one on its way.
pub async fn unload(State(service): State<Shared>, request: Request) -> Result<Response, ServiceError> {
    let (call, request) = Call::read::<ModelRequest>(service, request).await?;
    let (key, name) = key(&request)?;
    Ok(answer(&call.service.registry.unload(&key, &name).await?))
}

fn key(request: &ModelRequest) -> Result<(ModelKey, ModelName), ServiceError> {
    let name = call::parsed_name("model", &request.model)?;
    let key = match request.task {
        Task::Embed => ModelKey::embed(&name),
        Task::Bertscore => ModelKey::bertscore(&name, None),
        Task::Rerank => ModelKey::rerank(&name),
    };
    Ok((key, name))
}

fn answer(managed: &Managed) -> Response {
    reply::json(if managed.done { StatusCode::OK } else { StatusCode::ACCEPTED }, &managed.entry)
}
