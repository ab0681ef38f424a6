//! What one request to a host may hold, from what it says in `/info` and from what it refused.

use gpu_bridge_protocol::Limits;

use crate::host_protocol::Protocol;

/// Inputs that OpenAI takes a request; most servers that speak like it take as many.
const OPENAI_INPUTS: usize = 2048;

/// Entries that a request may have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Room {
    /// What should fit.
    pub(crate) entries: usize,
    /// What may fit, of something that can't be cut smaller.
    pub(crate) most: usize,
}

impl Room {
    const ANY: Self = Self { entries: usize::MAX, most: usize::MAX };

    /// At most so many, where that can be done.
    pub(crate) fn with_entries(self, entries: usize) -> Self {
        Self { entries: self.entries.min(entries), ..self }
    }

    fn min(self, other: Self) -> Self {
        Self { entries: self.entries.min(other.entries), most: self.most.min(other.most) }
    }
}

/// See the module. Nothing is known at first, and then everything is allowed that the protocol allows.
#[derive(Debug)]
pub(crate) struct HostLimits {
    /// Entries a request that the protocol allows.
    bound: usize,
    said: Option<Limits>,
    /// It was asked, though a host of 0.2 has no answer to it.
    asked: bool,
    /// Fewer entries than it refused.
    learnt: Option<Room>,
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

    /// A request of so many entries was too large; half of it is a guess. Holds until `/info` is asked again, which is
    /// due.
    pub(crate) fn on_refused(&mut self, entries: usize) {
        let smaller = Room { entries: (entries / 2).max(1), most: entries.saturating_sub(1).max(1) };
        self.learnt = Some(self.room().min(smaller));
        self.asked = false;
    }

    /// The host may come back as another one.
    pub(crate) fn forget(&mut self) {
        *self = Self { said: None, asked: false, learnt: None, ..*self };
    }

    /// Texts or pairs a request.
    pub(crate) fn room(&self) -> Room {
        let said = self.said.map_or(usize::MAX, |limits| limits.max_batch_size.max(1));
        let said = said.min(self.bound);
        self.learnt.unwrap_or(Room::ANY).min(Room { entries: said, most: said })
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
        assert!(limits.are_unknown() && limits.room() == Room::ANY);
        limits.on_refused(200);
        limits.on_refused(80);
        limits.on_refused(160);
        assert_eq!(limits.room(), Room { entries: 40, most: 79 });
        limits.on_info(Some(Limits { max_batch_size: 60, max_text_length: 9, max_concurrent: 3 }));
        assert_eq!((limits.room(), limits.concurrent()), (Room { entries: 60, most: 60 }, 3));
        assert!(!limits.are_unknown());
    }
}
