//! How a breaker stands, for people and metrics.

use serde::Serialize;

/// Whether requests pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BreakerState {
    /// All pass.
    Closed,
    /// None passes until the pause is over.
    Open,
    /// The pause is over: one passes, and its outcome decides.
    HalfOpen,
}

impl BreakerState {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Closed, Self::Open, Self::HalfOpen];

    /// The word that JavaScript and metrics see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half-open",
        }
    }
}
