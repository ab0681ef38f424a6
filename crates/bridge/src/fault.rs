//! What went wrong with one host: the entry that an attempt, a health check or a survey leaves behind.

/// What went wrong, for people and programs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fault {
    pub(crate) code: &'static str,
    pub(crate) status: Option<u16>,
    /// Without the host's name.
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn new(code: &'static str, status: Option<u16>, message: impl Into<String>) -> Self {
        Self { code, status, message: message.into() }
    }

    /// An answer that can't be one.
    pub(crate) fn bad_response(status: u16, message: impl Into<String>) -> Self {
        Self::new("bad_response", Some(status), message)
    }
}
