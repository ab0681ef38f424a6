//! What a balancing strategy sees of a host.

use crate::host_id::HostId;
use crate::loaded::Presence;

/// A host that could take the call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate {
    pub(crate) host: HostId,
    /// Thousandths of what the configuration says, as far as it has its share; at least 1.
    pub(crate) weight: i64,
    /// Until it would have served the call: what waits there and the call itself, at its speed.
    pub(crate) seconds: f64,
    /// The share of its memory that is in use, 0 to 1; 0 where it never said so.
    pub(crate) memory: f64,
    /// Whether it has the call's model in memory.
    pub(crate) model: Presence,
}

impl Candidate {
    /// The same host with a `share` (over 0, to 1) of its calls: less weight, and slower to any that compares.
    pub(crate) fn with_share(self, share: f64) -> Self {
        let weight = ((self.weight as f64 * share) as i64).max(1);
        Self { weight, seconds: self.seconds / share, ..self }
    }
}
