//! Why a request is sent to a host.

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The call goes to one host whole, for the first time.
    First,
    /// A part of a call that is spread, for the first time.
    Slice,
    /// It was sent before, and wasn't served.
    Retry,
    /// Another host is late with it.
    Hedge,
}

impl Reason {
    /// The word in logs and metrics.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Slice => "slice",
            Self::Retry => "retry",
            Self::Hedge => "hedge",
        }
    }
}
