//! A lease in a race, which tells a request that lost to its copy from one that was given up on.
//!
//! Either is dropped. But that nobody waits any longer may show that a host is silent; that another was faster does not.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::lease::Lease;

/// See the module.
pub(crate) struct Racer<'a> {
    /// Until the host has ended it.
    lease: Option<Lease>,
    decided: &'a AtomicBool,
}

impl<'a> Racer<'a> {
    /// `decided` is set as soon as any host has had the last word.
    pub(crate) fn new(lease: Lease, decided: &'a AtomicBool) -> Self {
        Self { lease: Some(lease), decided }
    }

    /// The host has answered, or failed.
    pub(crate) fn end(mut self, tell: impl FnOnce(Lease)) {
        if let Some(lease) = self.lease.take() {
            tell(lease);
        }
    }
}

impl Drop for Racer<'_> {
    fn drop(&mut self) {
        if self.decided.load(Ordering::Relaxed)
            && let Some(lease) = self.lease.take()
        {
            lease.lose();
        }
    }
}
