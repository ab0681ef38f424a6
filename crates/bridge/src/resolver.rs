//! How the hosts behind a name are found: a trait, so that tests can script a fleet that comes and goes.
//!
//! A resolver answers one question at a time. It keeps nothing, for how long an answer holds is part of it.

use async_trait::async_trait;

use crate::lookup::Lookup;
use crate::resolution::Resolution;
use crate::resolve_error::ResolveError;

/// See the module.
#[async_trait]
pub trait Resolver: Send + Sync + 'static {
    /// Finds the hosts behind a name, each address once, and at least one.
    ///
    /// # Errors
    /// When there are none, or nobody can say.
    async fn resolve(&self, lookup: &Lookup) -> Result<Resolution, ResolveError>;
}
