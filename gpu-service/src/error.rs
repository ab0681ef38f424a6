//! What a request can be refused with: one variant a reason, each with its code, its status and a full sentence.
//!
//! Messages name the offending value and what to do next, and never a key.

use axum::response::{IntoResponse, Response};
use gpu_bridge_protocol::{ErrorBody, ErrorCode};
use http::{StatusCode, header};

/// Why a request wasn't served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// The body isn't JSON.
    #[error("The body isn't JSON: {reason}. Send a JSON object in UTF-8.")]
    InvalidJson {
        /// What the parser met, and where.
        reason: String,
    },
    /// Candidates and references differ in number.
    #[error(
        "There are {candidates} candidates and {references} references; send one entry of references for each candidate."
    )]
    LengthMismatch {
        /// Number of candidates.
        candidates: usize,
        /// Number of references.
        references: usize,
    },
    /// Nothing to do.
    #[error("`{field}` is empty; send at least one text.")]
    EmptyBatch {
        /// The empty list.
        field: String,
    },
    /// No key or a wrong one: the same words for both.
    #[error("The API key is missing or wrong; send it as `X-API-Key: KEY` or `Authorization: Bearer KEY`.")]
    Unauthorized,
    /// No such model, or one that isn't allowed.
    #[error("Model `{name}` {reason}")]
    ModelNotFound {
        /// As the caller named it.
        name: String,
        /// The rest of the sentence, with what there is instead.
        reason: String,
    },
    /// No such route.
    #[error("There is no route {path}; the routes are {known}.")]
    RouteNotFound {
        /// What was asked for.
        path: String,
        /// The routes there are.
        known: &'static str,
    },
    /// The route knows other methods.
    #[error(
        "{path} doesn't take {method}; GET reads /health, /info, /status and /metrics, POST goes to the others."
    )]
    MethodNotAllowed {
        /// What was asked for.
        path: String,
        /// How.
        method: String,
    },
    /// The body has more bytes than the service reads.
    #[error("The body has more than {limit} bytes; split the request, or have GPU_MAX_BODY_MB raised.")]
    BodyTooLarge {
        /// Bytes the service reads.
        limit: usize,
    },
    /// More items than the service takes.
    #[error(
        "`{field}` holds {count} entries and the limit is {limit}; split the request, or have GPU_MAX_BATCH_SIZE raised."
    )]
    BatchTooLarge {
        /// The list.
        field: String,
        /// Its length.
        count: usize,
        /// `GPU_MAX_BATCH_SIZE`.
        limit: usize,
    },
    /// A text has more code points than the service takes.
    #[error(
        "`{field}` has {length} characters and the limit is {limit}; shorten the text or split it, or have GPU_MAX_TEXT_LENGTH raised."
    )]
    TextTooLong {
        /// Path of the text.
        field: String,
        /// Its length in code points.
        length: usize,
        /// `GPU_MAX_TEXT_LENGTH`.
        limit: usize,
    },
    /// A field has the wrong type or range.
    #[error("{reason}")]
    InvalidField {
        /// Its path, where one can be named.
        field: Option<String>,
        /// A full sentence.
        reason: String,
    },
    /// The caller went away.
    #[error("The caller went away before the answer was ready.")]
    Cancelled,
    /// The caller's deadline passed.
    #[error(
        "The deadline of {milliseconds} ms passed before the answer was ready; allow more time or send less."
    )]
    DeadlineExceeded {
        /// What the caller allowed.
        milliseconds: u64,
    },
    /// The device failed.
    #[error("The device failed on this request: {reason}. Other requests go on; try again.")]
    InferenceFailed {
        /// What it said.
        reason: String,
    },
    /// The model gave NaN or infinity.
    #[error("The model gave a number that isn't finite for {item}. Try GPU_DTYPE=float32, or leave it out.")]
    NonFiniteOutput {
        /// Where, such as `texts[3]`.
        item: String,
    },
    /// The queue is full.
    #[error("All {limit} places are taken; try again in {retry_after} s, or on another host.")]
    Overloaded {
        /// `GPU_MAX_CONCURRENT`.
        limit: usize,
        /// Seconds.
        retry_after: u64,
    },
    /// The device's memory is full.
    #[error("The device's memory is full: {reason}. Try again in {retry_after} s, or send shorter texts.")]
    OutOfMemory {
        /// What the device said.
        reason: String,
        /// Seconds.
        retry_after: u64,
    },
    /// The service is stopping.
    #[error(
        "The service is stopping and takes no new work; use another host, or try again in {retry_after} s."
    )]
    Draining {
        /// Seconds.
        retry_after: u64,
    },
    /// The model is on its way into memory.
    #[error("Model `{name}` is still loading; try again in {retry_after} s.")]
    ModelLoading {
        /// As the caller named it.
        name: String,
        /// Seconds.
        retry_after: u64,
    },
    /// A default model can't be had just now, or the hub can't be reached for another.
    #[error("Model `{name}` can't be had just now: it {reason}")]
    ModelUnavailable {
        /// As the caller named it.
        name: String,
        /// The rest of the sentence.
        reason: String,
        /// Seconds until the service looks again.
        retry_after: u64,
    },
}

impl ServiceError {
    /// A field of the wrong type or range.
    pub fn invalid_field(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::InvalidField { field: Some(field.into()), reason: reason.into() }
    }

    /// The word on the wire, which also says the status.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::InvalidJson { .. } => ErrorCode::InvalidJson,
            Self::LengthMismatch { .. } => ErrorCode::LengthMismatch,
            Self::EmptyBatch { .. } => ErrorCode::EmptyBatch,
            Self::Unauthorized => ErrorCode::Unauthorized,
            Self::ModelNotFound { .. } => ErrorCode::ModelNotFound,
            Self::RouteNotFound { .. } => ErrorCode::RouteNotFound,
            Self::MethodNotAllowed { .. } => ErrorCode::MethodNotAllowed,
            Self::BodyTooLarge { .. } => ErrorCode::BodyTooLarge,
            Self::BatchTooLarge { .. } => ErrorCode::BatchTooLarge,
            Self::TextTooLong { .. } => ErrorCode::TextTooLong,
            Self::InvalidField { .. } => ErrorCode::InvalidField,
            Self::Cancelled => ErrorCode::Cancelled,
            Self::DeadlineExceeded { .. } => ErrorCode::DeadlineExceeded,
            Self::InferenceFailed { .. } => ErrorCode::InferenceFailed,
            Self::NonFiniteOutput { .. } => ErrorCode::NonFiniteOutput,
            Self::Overloaded { .. } => ErrorCode::Overloaded,
            Self::OutOfMemory { .. } => ErrorCode::OutOfMemory,
            Self::Draining { .. } => ErrorCode::Draining,
            Self::ModelLoading { .. } => ErrorCode::ModelLoading,
            Self::ModelUnavailable { .. } => ErrorCode::ModelUnavailable,
        }
    }

    /// Seconds after which trying again makes sense, on the answers that carry `Retry-After`.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Overloaded { retry_after, .. }
            | Self::OutOfMemory { retry_after, .. }
            | Self::Draining { retry_after }
            | Self::ModelLoading { retry_after, .. }
            | Self::ModelUnavailable { retry_after, .. } => Some(*retry_after),
            _ => None,
        }
    }

    /// Path of the field that was wrong.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::EmptyBatch { field }
            | Self::BatchTooLarge { field, .. }
            | Self::TextTooLong { field, .. } => Some(field),
            Self::InvalidField { field, .. } => field.as_deref(),
            Self::LengthMismatch { .. } => Some("references"),
            _ => None,
        }
    }

    fn body(&self) -> ErrorBody {
        let field = self.field().map(str::to_owned);
        ErrorBody { detail: self.to_string(), code: Some(self.code()), field }
    }
}

impl IntoResponse for ServiceError {
    fn into_response(self) -> Response {
        let code = self.code();
        let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = crate::reply::json(status, &self.body());
        if let Some(seconds) = self.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        // For those who count.
        response.extensions_mut().insert(code);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_that_passes_says_when_to_come_back() {
        let response = ServiceError::Overloaded { limit: 4, retry_after: 3 }.into_response();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["retry-after"], "3");
    }

    #[test]
    fn a_refusal_names_the_field_and_its_values() {
        let error = ServiceError::TextTooLong { field: "texts[3]".into(), length: 10_001, limit: 10_000 };
        let body = error.body();
        assert_eq!(body.field.as_deref(), Some("texts[3]"));
        assert!(body.detail.contains("10001") && body.detail.contains("10000"), "{}", body.detail);
        assert_eq!(error.into_response().status(), 413);
    }
}
