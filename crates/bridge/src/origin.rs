//! Which entry of the configuration a host was found by, and how to say that the entry may have changed.

use tokio::sync::Notify;

/// See the module. Shared by all hosts of an entry.
#[derive(Debug)]
pub(crate) struct Origin {
    /// The entry's name.
    pub(crate) entry: String,
    /// Told when a host can't be reached: its address may be someone else's by now.
    pub(crate) doubt: Notify,
}
