//! The one error every call of the bridge may end with.
//!
//! It is flat on purpose: the addon turns it into `GpuBridgeError` field by field. `code` is for programs,
//! the message is a full sentence for people, and `attempts` says what each host that was asked had to say.
//! It never holds a key: hosts go by their names.

use std::fmt;
use std::time::Duration;

use crate::code::Code;
use crate::config_error::ConfigError;

/// Why a call failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Error(Box<Fields>);

#[derive(Debug, Clone, PartialEq)]
struct Fields {
    code: Code,
    message: String,
    status: Option<u16>,
    host: Option<String>,
    retry_after: Option<Duration>,
    attempts: Vec<Attempt>,
}

/// What one host answered, for a call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The host's name in the configuration.
    pub host: String,
    /// The word for programs: one of [`Code`], `unreachable`, `connection_lost`, `unresponsive`,
    /// `route_not_found`, or the service's own code.
    pub code: String,
    /// What happened, without the host's name.
    pub message: String,
}

impl Error {
    /// An error about no host in particular.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        let message = message.into();
        Self(Box::new(Fields {
            code,
            message,
            status: None,
            host: None,
            retry_after: None,
            attempts: vec![],
        }))
    }

    /// A mistake in the request.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidInput, message)
    }

    pub(crate) fn with_status(mut self, status: Option<u16>) -> Self {
        self.0.status = status;
        self
    }

    pub(crate) fn with_host(mut self, host: Option<String>) -> Self {
        self.0.host = host;
        self
    }

    pub(crate) fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.0.retry_after = retry_after;
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: Vec<Attempt>) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// What kind of failure it was.
    pub fn kind(&self) -> Code {
        self.0.code
    }

    /// The word for programs, such as `all_hosts_failed`.
    pub fn code(&self) -> &'static str {
        self.0.code.as_str()
    }

    /// The HTTP status of the answer that decided, where there was one.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The host that decided, where it was one.
    pub fn host(&self) -> Option<&str> {
        self.0.host.as_deref()
    }

    /// How long to wait before the next try is worth while.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// What each host that was asked answered, in order.
    pub fn attempts(&self) -> &[Attempt] {
        &self.0.attempts
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::new(Code::InvalidConfig, error.to_string())
    }
}
