//! The routes over the service, and what every request passes on its way to them.

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use axum::{Router, response::Response};
use tower_http::catch_panic::CatchPanicLayer;

use crate::auth::authenticate;
use crate::error::ServiceError;
use crate::observe::observe;
use crate::service::Shared;
use crate::{deadline, door, routes};

/// The routes. Auth comes before a place is taken, and a place before the body is read.
pub fn router(service: Shared) -> Router {
    let compute = Router::new()
        .route("/embed", post(routes::embed::embed))
        .route("/bertscore", post(routes::bertscore::bertscore))
        .route("/rerank", post(routes::rerank::rerank))
        .route_layer(from_fn(deadline::keep))
        .route_layer(from_fn_with_state(Arc::clone(&service), door::admit));
    Router::new()
        .route("/health", get(routes::health::health))
        .route("/info", get(routes::info::info))
        .route("/status", get(routes::status::status))
        .route("/metrics", get(routes::metrics::metrics))
        .route("/models/load", post(routes::models::load))
        .route("/models/unload", post(routes::models::unload))
        .merge(compute)
        .fallback(routes::fallback::unknown_route)
        .method_not_allowed_fallback(routes::fallback::wrong_method)
        .layer(DefaultBodyLimit::disable())
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(Arc::clone(&service), authenticate))
        .layer(from_fn_with_state(Arc::clone(&service), observe))
        .with_state(service)
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    let error =
        ServiceError::InferenceFailed { reason: "its handler panicked; the log says where".to_owned() };
    axum::response::IntoResponse::into_response(error)
}
