//! The one error every call of the bridge may end with.
//!
//! It is flat on purpose: the addon turns it into `GpuBridgeError` field by field. `code` is for programs,
//! the message is a full sentence for people, and `attempts` says what each host that was asked had to say.
//! It never holds a key: hosts go by their names.

use std::fmt;
use std::time::Duration;

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

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $word:literal;)*) => {
        /// What kind of failure it was.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// The word that JavaScript sees.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

codes! {
    /// The configuration is wrong, or an address in it leads to something that is no GPU service.
    InvalidConfig = "invalid_config";
    /// The request is wrong; no host will take it.
    InvalidInput = "invalid_input";
    /// No host is configured.
    NotConfigured = "not_configured";
    /// The names that hosts are discovered by have none, or can't be looked up.
    DnsFailed = "dns_failed";
    /// Every host refused the key.
    Unauthorized = "unauthorized";
    /// No host has the model.
    ModelNotFound = "model_not_found";
    /// Hosts hold different models of the same name, and no single model could serve the whole call.
    ModelMismatch = "model_mismatch";
    /// Every host is busy for longer than the call may wait.
    Overloaded = "overloaded";
    /// The deadline passed.
    Timeout = "timeout";
    /// The caller gave up.
    Aborted = "aborted";
    /// Hosts failed in different ways, or none could be reached.
    AllHostsFailed = "all_hosts_failed";
    /// Every host answered with something that can't be an answer.
    BadResponse = "bad_response";
    /// The bridge was closed.
    Closed = "closed";
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
