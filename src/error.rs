//! Failures as JavaScript sees them.
//!
//! A rejected promise of napi keeps a message and nothing else, so a call never rejects: it answers with a
//! [`Failure`], from which the wrapper builds its `GpuBridgeError`.

use gpu_bridge_core::{Attempt, ConfigError, Error};
use napi_derive::napi;

/// What went wrong, in the fields of `GpuBridgeError`.
#[napi(object, object_from_js = false)]
pub struct Failure {
    /// For programs.
    pub code: String,
    /// For people.
    pub message: String,
    /// The HTTP status, where a host answered with one.
    pub status: Option<u32>,
    /// The host that answered, where one did.
    pub host: Option<String>,
    /// Seconds.
    pub retry_after: Option<f64>,
    /// What was tried, in order.
    pub attempts: Vec<FailedAttempt>,
}

/// One attempt of a call that failed.
#[napi(object, object_from_js = false)]
pub struct FailedAttempt {
    /// The host's name.
    pub host: String,
    /// For programs.
    pub code: String,
    /// For people.
    pub message: String,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            code: error.code().to_owned(),
            message: error.to_string(),
            status: error.status().map(u32::from),
            host: error.host().map(str::to_owned),
            retry_after: error.retry_after().map(|wait| wait.as_secs_f64()),
            attempts: error.attempts().iter().map(FailedAttempt::from).collect(),
        }
    }
}

impl From<&Attempt> for FailedAttempt {
    fn from(attempt: &Attempt) -> Self {
        let Attempt { host, code, message } = attempt.clone();
        Self { host, code, message }
    }
}

/// What a constructor throws; napi keeps the code of errors that are thrown.
pub(crate) fn invalid_config(error: &ConfigError) -> napi::Error<&'static str> {
    napi::Error::new(error.code(), error.to_string())
}
