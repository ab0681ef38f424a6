//! How long a host asked to be left alone, and when that ends early.
//!
//! What a host asks for is never cut short, neither by less that it asks for later nor by a good health check. But a
//! process that is stopping asks on behalf of nobody who will be there then: its pause ends with it. It is gone as soon as
//! another answers in its place, which one that is starting or well must be. Whatever else is answered, such as that the
//! host is full, may still come from the old one.

use tokio::time::Instant;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Pauses {
    asked: Option<Instant>,
    /// Asked for by a process that is stopping; kept until another is well.
    stopping: Option<Instant>,
}

impl Pauses {
    /// The host asks to be left alone until then, and may say that it is `stopping`.
    pub(crate) fn ask(&mut self, until: Instant, stopping: bool) {
        let pause = if stopping { &mut self.stopping } else { &mut self.asked };
        *pause = (*pause).max(Some(until));
    }

    /// When they are over; `None` is now.
    pub(crate) fn until(&self, now: Instant) -> Option<Instant> {
        self.asked.max(self.stopping).filter(|&until| until > now)
    }

    /// Whether the host said that it is stopping, and hasn't been well since.
    pub(crate) fn is_away(&self) -> bool {
        self.stopping.is_some()
    }

    /// Whether it is left alone for that.
    pub(crate) fn is_stopping(&self, now: Instant) -> bool {
        self.stopping.is_some_and(|until| until > now)
    }

    /// A process is starting.
    pub(crate) fn on_starting(&mut self, now: Instant) {
        self.stopping = self.stopping.map(|until| until.min(now));
    }

    /// A process is well. Says whether it is another one than was there before.
    pub(crate) fn on_well(&mut self) -> bool {
        self.stopping.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_pause_is_never_cut_short_but_for_that_of_a_process_that_is_gone() {
        let (mut pauses, now) = (Pauses::default(), Instant::now());
        let after = |seconds| now + Duration::from_secs(seconds);
        pauses.ask(after(4), false);
        pauses.ask(after(2), false);
        assert!(!pauses.on_well() && pauses.until(now) == Some(after(4)));
        pauses.ask(after(30), true);
        pauses.ask(after(5), false);
        assert!(pauses.until(now) == Some(after(30)) && pauses.is_stopping(now), "being full says nothing");
        pauses.on_starting(now);
        assert!(pauses.until(now) == Some(after(5)) && pauses.is_away() && !pauses.is_stopping(now));
        assert!(pauses.on_well() && !pauses.is_away() && !pauses.on_well());
        assert_eq!((pauses.until(now), pauses.until(after(5))), (Some(after(5)), None));
    }
}
