//! A second request for what a host takes long over.

use std::time::Duration;

use crate::lease::Sent;
use crate::tried::Tried;

/// What a copy needs of its host.
pub(crate) struct Copy<'a> {
    pub(crate) of: &'a Sent,
    pub(crate) tried: &'a Tried,
    /// What the host counts for the request.
    pub(crate) entries: usize,
    /// How soon it should be done.
    pub(crate) within: Duration,
}
