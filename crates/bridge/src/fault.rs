//! What went wrong with one host: the entry that an attempt, a health check or a survey leaves behind.

use std::ops::Range;

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

    /// The same, with the items of the call that it was about.
    pub(crate) fn of(self, list: &str, items: &Range<usize>) -> Self {
        let items = match items.len() {
            1 => format!("`{list}[{}]`", items.start),
            _ => format!("`{list}[{}]` to `[{}]`", items.start, items.end - 1),
        };
        Self { message: format!("{} ({items})", self.message.trim_end_matches('.')), ..self }
    }

    /// An answer that can't be one.
    pub(crate) fn bad_response(status: u16, message: impl Into<String>) -> Self {
        Self::new("bad_response", Some(status), message)
    }
}
