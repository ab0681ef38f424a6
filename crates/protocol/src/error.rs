//! The errors of a service's native routes.

use serde::{Deserialize, Serialize};

/// Body of every answer that isn't 2xx.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// A full sentence: what was wrong, with the value, and what to do.
    pub detail: String,
    /// For programs. Services of 0.2 don't say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<ErrorCode>,
    /// Path of the field that was wrong, such as `texts[3]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $status:literal;)*) => {
        /// What went wrong, for programs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)*
            /// A code this version doesn't know.
            #[serde(other)]
            Unknown,
        }

        impl ErrorCode {
            /// Every code a service sends.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* Self::Unknown => "unknown" }
            }

            /// The HTTP status a service sends it with.
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* Self::Unknown => 500 }
            }
        }
    };
}

error_codes! {
    /// The body isn't JSON.
    InvalidJson = "invalid_json", 400;
    /// Candidates and references differ in number.
    LengthMismatch = "length_mismatch", 400;
    /// Nothing to do.
    EmptyBatch = "empty_batch", 400;
    /// The key is missing or wrong.
    Unauthorized = "unauthorized", 401;
    /// No such model, or one that isn't allowed.
    ModelNotFound = "model_not_found", 404;
    /// No such route.
    RouteNotFound = "route_not_found", 404;
    /// The route knows other methods.
    MethodNotAllowed = "method_not_allowed", 405;
    /// The body has more bytes than the service reads.
    BodyTooLarge = "body_too_large", 413;
    /// The request has more items than the service takes.
    BatchTooLarge = "batch_too_large", 413;
    /// A text has more code points than the service takes.
    TextTooLong = "text_too_long", 413;
    /// A field has the wrong type or range.
    InvalidField = "invalid_field", 422;
    /// The caller went away.
    Cancelled = "cancelled", 499;
    /// The caller's deadline passed.
    DeadlineExceeded = "deadline_exceeded", 504;
    /// The device failed.
    InferenceFailed = "inference_failed", 500;
    /// The model gave a number that isn't finite.
    NonFiniteOutput = "non_finite_output", 500;
    /// The queue is full.
    Overloaded = "overloaded", 503;
    /// The device's memory is full, or the budget for models is.
    OutOfMemory = "out_of_memory", 503;
    /// The service is stopping.
    Draining = "draining", 503;
    /// The model is on its way into memory.
    ModelLoading = "model_loading", 503;
    /// A default model can't be had just now, or the hub can't be reached for another; `detail` says why.
    ModelUnavailable = "model_unavailable", 503;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_on_the_wire_is_what_serde_writes() {
        for code in ErrorCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }

    #[test]
    fn a_code_of_a_later_version_is_read_as_unknown() {
        let body: ErrorBody = serde_json::from_str(r#"{"detail":"x","code":"on_fire"}"#).unwrap();
        assert_eq!(body.code, Some(ErrorCode::Unknown));
    }
}
