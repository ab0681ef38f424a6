//! How hosts of one protocol are asked for a slice of some work, and what their answers mean.
//!
//! A dialect puts words to what [`Work`](crate::work::Work) wants. It sends nothing, and decides nothing about hosts.

use std::ops::Range;

use bytes::Bytes;

use crate::identity::Identity;
use crate::outcome::Outcome;
use crate::transport::HostReply;

/// How a request is to be put, as far as it depends on the host.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Manner<'a> {
    /// The host's model, where the caller names none and the host has to be told all the same.
    pub(crate) model: Option<&'a str>,
    /// Whether it has refused to encode numbers.
    pub(crate) plain: bool,
}

/// See the module. `A` is what the caller gets.
pub(crate) trait Dialect<A>: Send + Sync {
    /// The route.
    fn path(&self) -> &'static str;

    /// The media types that can be read.
    fn accept(&self) -> &'static str;

    /// Whether the host has to be told its own model, for the caller names none.
    fn wants_model(&self) -> bool;

    /// The JSON of the request for these items.
    fn body(&self, items: &Range<usize>, manner: Manner<'_>) -> Bytes;

    /// Reads a 2xx answer to the request for these items.
    ///
    /// # Errors
    /// What became of the attempt, where it isn't an answer to this request.
    fn read(&self, items: &Range<usize>, reply: &HostReply) -> Result<(A, Identity), Outcome>;

    /// What an answer other than 2xx to the request for these items means.
    fn refused(&self, items: &Range<usize>, reply: &HostReply) -> Outcome;
}
