//! Why a model couldn't be had, and what its caller is told.

use gpu_bridge_encoder::Error;

use crate::error::ServiceError;

/// See the module.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    /// It isn't on this machine. Holds what is, and where it was looked for.
    Missing(String),
    /// It has fewer layers than were asked for.
    Layers(String),
    /// The device has no room for it.
    OutOfMemory(String),
    /// It is here but can't be read.
    Broken(String),
}

impl Failure {
    /// For a caller that named the model `name`. Only a default model may be unavailable without being unknown.
    pub(super) fn refusal(self, name: String, default: bool, retry_after: u64) -> ServiceError {
        let reason = match self {
            Self::Layers(reason) => return ServiceError::invalid_field("num_layers", reason),
            Self::OutOfMemory(reason) => return ServiceError::OutOfMemory { reason, retry_after },
            Self::Broken(reason) => format!("is here but can't be loaded. {reason}"),
            Self::Missing(explanation) => format!("isn't on this machine. {explanation}"),
        };
        if default {
            ServiceError::ModelUnavailable { name, reason, retry_after }
        } else {
            ServiceError::ModelNotFound { name, reason }
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Layers { .. } => Self::Layers(error.to_string()),
            Error::OutOfMemory(reason) => Self::OutOfMemory(reason),
            other => Self::Broken(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use gpu_bridge_protocol::ErrorCode;

    use super::*;

    #[test]
    fn a_default_is_unavailable_and_any_other_model_unknown() {
        let code = |default| Failure::Missing("Nothing.".into()).refusal("m".into(), default, 3).code();
        assert_eq!((code(true), code(false)), (ErrorCode::ModelUnavailable, ErrorCode::ModelNotFound));
    }

    #[test]
    fn too_many_layers_are_the_callers_mistake() {
        let error = Error::Layers { model: "m".into(), asked: 9, available: 6 };
        let refusal = Failure::from(error).refusal("m".into(), true, 3);
        assert_eq!((refusal.code(), refusal.field()), (ErrorCode::InvalidField, Some("num_layers")));
    }
}
