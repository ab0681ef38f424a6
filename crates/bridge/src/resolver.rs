//! How the hosts behind a name are found: a trait, so that tests can script a fleet that comes and goes.
//!
//! A resolver answers one question at a time. It keeps nothing, for how long an answer holds is part of it.

use async_trait::async_trait;

use crate::lookup::Lookup;
use crate::resolution::Resolution;

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

/// See the module.
#[async_trait]
pub trait Resolver: Send + Sync + 'static {
    /// Finds the hosts behind a name, each address once, and at least one.
    ///
    /// # Errors
    /// When there are none, or nobody can say.
    async fn resolve(&self, lookup: &Lookup) -> Result<Resolution, ResolveError>;
}
