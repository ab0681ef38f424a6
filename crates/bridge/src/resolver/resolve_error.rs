//! Why there are no hosts behind a name: there are none, or nobody can say.

/// Why a name isn't resolved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The answer is that there are none.
    #[error("{0}")]
    NoHosts(String),
    /// There is no answer.
    #[error("{0}")]
    Failed(String),
}

impl ResolveError {
    /// The word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoHosts(_) => "no_hosts",
            Self::Failed(_) => "dns_failed",
        }
    }
}
