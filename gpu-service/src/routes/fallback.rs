//! What isn't a route of ours, said in JSON like everything else.

use axum::extract::Request;

use crate::error::ServiceError;

const ROUTES: &str = "GET /health, GET /info, GET /status, GET /metrics, POST /embed, POST /bertscore, POST /rerank, POST /models/load and POST /models/unload";

/// For paths nobody serves.
pub async fn unknown_route(request: Request) -> ServiceError {
    ServiceError::RouteNotFound { path: request.uri().path().to_owned(), known: ROUTES }
}

/// For methods the route doesn't take.
pub async fn wrong_method(request: Request) -> ServiceError {
    ServiceError::MethodNotAllowed {
        path: request.uri().path().to_owned(),
        method: request.method().to_string(),
    }
}
