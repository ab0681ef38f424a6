//! How the hosts behind a name are found: a trait, so that tests can script a fleet that comes and goes.
//!
//! A resolver answers one question at a time. It keeps nothing, for how long an answer holds is part of it.

pub(crate) mod dns_resolver;
mod dns_search;
pub(crate) mod lookup;
pub(crate) mod resolution;
pub(crate) mod resolve_error;

use async_trait::async_trait;

use crate::resolver::lookup::Lookup;
use crate::resolver::resolution::Resolution;
use crate::resolver::resolve_error::ResolveError;

/// See the module.
#[async_trait]
pub trait Resolver: Send + Sync + 'static {
    /// Finds the hosts behind a name, each address once, and at least one.
    ///
    /// # Errors
    /// When there are none, or nobody can say.
    async fn resolve(&self, lookup: &Lookup) -> Result<Resolution, ResolveError>;
}
