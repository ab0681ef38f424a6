//! What a balancing strategy sees of a host.

use crate::host_id::HostId;

/// A host that could take the call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate {
    pub(crate) host: HostId,
    /// At least 1.
    pub(crate) weight: u32,
    /// Requests it has been given and not answered: ours, and as far as it said so, others'.
    pub(crate) busy: u64,
}
