//! Work that a call asks hosts for: checked before it is sent, cut into slices, checked again when it comes back.

use std::ops::Range;

use bytes::Bytes;
use serde::Serialize;

use crate::batch::Batch;
use crate::demand::Kind;
use crate::dialect::Dialect;
use crate::host_protocol::Protocol;
use crate::identity::Identity;
use crate::transport::HostReply;

/// A request that is known to be well formed. One implementation for each compute route.
pub(crate) trait Work: Sync + Sized {
    /// What the caller gets, and what a host answers to a slice.
    type Answer: Send;
    /// The route.
    const PATH: &'static str;
    /// What a request calls the list of its items.
    const LIST: &'static str;
    /// The media types that can be read.
    const ACCEPT: &'static str = "application/json";

    /// The items and what they cost.
    fn batch(&self) -> &Batch;

    /// What of it gpu-service alone can do, if anything, for people.
    fn native_only(&self) -> Option<&'static str>;

    /// How hosts of this protocol are asked for it; `None` where they can't be.
    fn dialect(&self, protocol: Protocol) -> Option<Box<dyn Dialect<Self::Answer> + '_>>;

    /// What hosts are gauged by.
    fn kind(&self) -> &Kind;

    /// The JSON of the request for these items.
    fn body(&self, items: &Range<usize>) -> Bytes;

    /// Reads a 2xx answer to the request for these items.
    ///
    /// # Errors
    /// Says what is wrong where it isn't an answer to this request.
    fn read(&self, items: &Range<usize>, reply: &HostReply) -> Result<Self::Answer, String>;

    /// What exactly gave this answer.
    fn identity(answer: &Self::Answer, reply: &HostReply) -> Identity;

    /// The host's own tokens, where its answer says so.
    fn counted(answer: &Self::Answer) -> Option<u64>;

    /// Makes what the caller gets of what the hosts answered to all items.
    fn finish(self, answer: Self::Answer) -> Self::Answer {
        answer
    }

    /// Puts the answer to a slice where it belongs. The first one makes room for all, and no item is copied twice.
    fn place(&self, whole: &mut Option<Self::Answer>, items: &Range<usize>, part: Self::Answer);
}

/// The JSON of a request. The contract's types can't fail to be written.
pub(crate) fn to_json(request: &impl Serialize) -> Bytes {
    serde_json::to_vec(request).unwrap_or_default().into()
}
