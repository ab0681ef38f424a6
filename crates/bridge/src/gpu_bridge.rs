//! The dialect of gpu-service: each work's own words.

use std::ops::Range;

use bytes::Bytes;

use crate::dialect::{Dialect, Manner};
use crate::host_protocol::Protocol;
use crate::identity::Identity;
use crate::outcome::Outcome;
use crate::refusal;
use crate::transport::HostReply;
use crate::work::Work;

/// See the module.
pub(crate) struct GpuBridge<'a, W>(pub(crate) &'a W);

impl<'a, W: Work> GpuBridge<'a, W> {
    /// The dialect of work that no other protocol has words for.
    pub(crate) fn alone(self, protocol: Protocol) -> Option<Box<dyn Dialect<W::Answer> + 'a>> {
        match protocol {
            Protocol::GpuBridge => Some(Box::new(self)),
            Protocol::OpenAi => None,
        }
    }
}

impl<W: Work> Dialect<W::Answer> for GpuBridge<'_, W> {
    fn path(&self) -> &'static str {
        W::PATH
    }

    fn accept(&self) -> &'static str {
        W::ACCEPT
    }

    fn wants_model(&self) -> bool {
        false
    }

    fn body(&self, items: &Range<usize>, _: Manner<'_>) -> Bytes {
        self.0.body(items)
    }

    fn read(&self, items: &Range<usize>, reply: &HostReply) -> Result<(W::Answer, Identity), Outcome> {
        let answer = self.0.read(items, reply).map_err(|reason| Outcome::no_answer(reply, &reason))?;
        let identity = W::identity(&answer, reply);
        Ok((answer, identity))
    }

    fn refused(&self, _: &Range<usize>, reply: &HostReply) -> Outcome {
        refusal::outcome(reply)
    }
}
