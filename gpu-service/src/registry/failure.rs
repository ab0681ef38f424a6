//! Why a model couldn't be had, how long that is believed, and what its caller is told.

use std::time::Duration;

use gpu_bridge_encoder::Error;

use crate::error::ServiceError;
use crate::hub::HubError;

/// How long a failure is believed.
pub(super) const RETRY: Duration = Duration::from_secs(10);

/// See the module.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    /// It isn't on this machine and isn't fetched. Holds what is, and where it was looked for.
    Missing(String),
    /// The hub hasn't got it, or not for this service.
    NotOnHub(String),
    /// It couldn't be fetched just now.
    NotFetched(String),
    /// It has fewer layers than were asked for.
    Layers(String),
    /// The device has no room for it.
    OutOfMemory(String),
    /// Other models hold the memory for it.
    Full(String),
    /// It is here but can't be read.
    Broken(String),
}

impl Failure {
    /// How long. Memory may be free again the next moment.
    pub(super) fn believed(&self) -> Duration {
        if matches!(self, Self::Full(_)) { Duration::ZERO } else { RETRY }
    }

    /// For a caller that named the model `name`. Only a default model may be unavailable without being unknown, and any model
    /// while the hub can't be reached.
    pub(super) fn refusal(self, name: String, default: bool, retry_after: u64) -> ServiceError {
        let (default, reason) = match self {
            Self::Layers(reason) => return ServiceError::invalid_field("num_layers", reason),
            Self::OutOfMemory(reason) | Self::Full(reason) => {
                return ServiceError::OutOfMemory { reason, retry_after };
            }
            Self::Broken(reason) => (default, format!("is here but can't be loaded. {reason}")),
            Self::Missing(explanation) => (default, format!("isn't on this machine. {explanation}")),
            Self::NotOnHub(reason) => {
                (default, format!("isn't on this machine and can't be fetched. {reason}"))
            }
            Self::NotFetched(reason) => {
                (true, format!("isn't on this machine and couldn't be fetched. {reason}"))
            }
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

impl From<HubError> for Failure {
    fn from(error: HubError) -> Self {
        match error.code() {
            "model_not_found" => Self::NotOnHub(error.to_string()),
            _ => Self::NotFetched(error.to_string()),
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
    fn a_hub_that_cannot_be_reached_makes_no_model_unknown() {
        let refusal = Failure::NotFetched("The disk is full.".into()).refusal("m".into(), false, 3);
        assert_eq!((refusal.code(), refusal.retry_after()), (ErrorCode::ModelUnavailable, Some(3)));
    }

    #[test]
    fn too_many_layers_are_the_callers_mistake() {
        let error = Error::Layers { model: "m".into(), asked: 9, available: 6 };
        let refusal = Failure::from(error).refusal("m".into(), true, 3);
        assert_eq!((refusal.code(), refusal.field()), (ErrorCode::InvalidField, Some("num_layers")));
    }
}
