//! Replies by media type. Knows nothing of what they hold.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

const JSON: &str = "application/json";

/// A JSON reply. What can't be written becomes an empty 500; our own types can be.
pub fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => with_type(status, JSON, body),
        Err(_) => with_type(StatusCode::INTERNAL_SERVER_ERROR, JSON, Vec::new()),
    }
}

/// A reply of that media type.
pub(crate) fn with_type(status: StatusCode, media_type: &'static str, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
