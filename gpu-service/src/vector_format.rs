//! How vectors travel: as JSON, or in bulk where the caller takes them so.

use axum::response::Response;
use gpu_bridge_protocol::{EmbedResponse, Vectors, VectorsError, headers};
use http::{HeaderMap, StatusCode, header};

use crate::error::ServiceError;
use crate::reply;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VectorFormat {
    /// `embeddings` as lists of numbers.
    Json,
    /// A safetensors body.
    Safetensors,
}

impl VectorFormat {
    /// Safetensors where the caller lists it in `Accept` without `q=0`.
    pub fn accepted(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        if values.flat_map(|value| value.split(',')).any(takes_safetensors) {
            Self::Safetensors
        } else {
            Self::Json
        }
    }

    /// The reply with `vectors`.
    ///
    /// # Errors
    /// When they can't be written, which means that they aren't whole rows.
    pub fn reply(self, vectors: Vectors) -> Result<Response, ServiceError> {
        match self {
            Self::Json => Ok(reply::json(StatusCode::OK, &EmbedResponse::from(vectors))),
            Self::Safetensors => {
                let failed =
                    |error: VectorsError| ServiceError::InferenceFailed { reason: error.to_string() };
                Ok(reply::with_type(
                    StatusCode::OK,
                    headers::SAFETENSORS,
                    vectors.to_safetensors().map_err(failed)?,
                ))
            }
        }
    }
}

fn takes_safetensors(range: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(headers::SAFETENSORS));
    let refused = |part: &str| part.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()) == Some(0.0);
    named && !parts.any(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(value: &str) -> VectorFormat {
        VectorFormat::accepted(&HeaderMap::from_iter([(header::ACCEPT, value.parse().unwrap())]))
    }

    #[test]
    fn safetensors_is_sent_only_where_it_is_asked_for() {
        for value in ["application/vnd.safetensors", "application/json, Application/VND.safetensors;q=0.9"] {
            assert_eq!(accepting(value), VectorFormat::Safetensors, "{value}");
        }
        for value in ["*/*", "application/json", "application/vnd.safetensors;q=0"] {
            assert_eq!(accepting(value), VectorFormat::Json, "{value}");
        }
        assert_eq!(VectorFormat::accepted(&HeaderMap::new()), VectorFormat::Json);
    }
}
