//! What one request to a host may hold, from what it says in `/info` and from what it refused.

use gpu_bridge_protocol::Limits;

use crate::host_protocol::Protocol;

/// Inputs that OpenAI takes a request; most servers that speak like it take as many.
const OPENAI_INPUTS: usize = 2048;

/// See the module. Nothing is known at first, and then everything is allowed that the protocol allows.
#[derive(Debug)]
pub(crate) struct HostLimits {
    /// Entries a request that the protocol allows.
    bound: usize,
    said: Option<Limits>,
    /// It was asked, though a host of 0.2 has no answer to it.
    asked: bool,
    /// Fewer entries than it refused.
    learnt: Option<usize>,
}

impl HostLimits {
    pub(crate) fn of(protocol: Protocol) -> Self {
        let bound = match protocol {
            Protocol::GpuBridge => usize::MAX,
            Protocol::OpenAi => OPENAI_INPUTS,
        };
        Self { bound, said: None, asked: false, learnt: None }
    }

    /// Whether `/info` should be asked.
    pub(crate) fn are_unknown(&self) -> bool {
        !self.asked
    }

    /// Takes in what `/info` says.
    pub(crate) fn on_info(&mut self, limits: Option<Limits>) {
        *self = Self { said: limits, asked: true, learnt: None, ..*self };
    }

    /// A request was too large; so many entries may not be. Holds until `/info` is asked again, which is due.
    pub(crate) fn on_refused(&mut self, entries: usize) {
        self.learnt = Some(self.entries().min(entries).max(1));
        self.asked = false;
    }

    /// The host may come back as another one.
    pub(crate) fn forget(&mut self) {
        *self = Self { said: None, asked: false, learnt: None, ..*self };
    }

    /// Texts or pairs a request.
    pub(crate) fn entries(&self) -> usize {
        let said = self.said.map_or(usize::MAX, |limits| limits.max_batch_size.max(1));
        said.min(self.learnt.unwrap_or(usize::MAX)).min(self.bound)
    }

    /// Requests at once.
    pub(crate) fn concurrent(&self) -> usize {
        self.said.map_or(usize::MAX, |limits| limits.max_concurrent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_counts_until_the_host_says_more() {
        let mut limits = HostLimits::of(Protocol::GpuBridge);
        assert!(limits.are_unknown() && limits.entries() == usize::MAX);
        limits.on_refused(100);
        limits.on_refused(40);
        limits.on_refused(80);
        assert_eq!(limits.entries(), 40);
        limits.on_info(Some(Limits { max_batch_size: 60, max_text_length: 9, max_concurrent: 3 }));
        assert_eq!((limits.entries(), limits.concurrent(), limits.are_unknown()), (60, 3, false));
    }
}
