//! What a call does next, by the word of whoever has the hosts.

use tokio::time::Instant;

/// See the module. `L` is a hold on a host.
#[derive(Debug)]
pub(crate) enum Pick<L> {
    /// Ask this host.
    Lease(L),
    /// Every host that may be asked now has enough of the call.
    Busy,
    /// Every host that is left wants to be left alone; this is when the first returns.
    Wait(Instant),
    /// No host is left.
    Exhausted,
}
