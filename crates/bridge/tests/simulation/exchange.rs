//! One request to a host and what became of it: what the checks read.

use std::ops::Range;
use std::time::Duration;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fate {
    /// A valid answer.
    Good,
    /// The host wants to be left alone for so long, by all.
    Paused(Duration),
    /// So long, unless another process takes its place before.
    Stopping(Duration),
    /// By this call.
    Loading(Duration),
    /// It will never serve this call.
    Barred,
    /// Fewer items, please.
    TooLarge,
    /// It answered, and that was no good.
    Failed,
    /// No answer came.
    Lost,
    /// Its sender went away.
    Dropped,
}

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) host: usize,
    /// Which [stay](crate::roll) of the host; none where a host that has left is asked how it is.
    pub(crate) stay: Option<usize>,
    /// None of a call: a health check.
    pub(crate) call: Option<usize>,
    pub(crate) items: Range<usize>,
    /// Since the beginning.
    pub(crate) at: Duration,
    /// Until its deadline, as the host was told.
    pub(crate) left: Duration,
    /// When it ended, and after how many requests had begun.
    pub(crate) end: Option<(Duration, usize, Fate)>,
}

impl Exchange {
    /// How it ended before the request of this number began.
    pub(crate) fn fate_before(&self, number: usize) -> Option<Fate> {
        self.end.filter(|(_, order, _)| *order <= number).map(|(_, _, fate)| fate)
    }

    /// When it ended.
    pub(crate) fn end_at(&self) -> Option<Duration> {
        self.end.map(|(at, ..)| at)
    }

    /// Whether the host failed it, so that another is asked first.
    pub(crate) fn has_failed(&self) -> bool {
        matches!(self.end, Some((.., Fate::Failed | Fate::Lost | Fate::Dropped)))
    }

    /// Until when the host wants to be left alone by a call.
    pub(crate) fn parks_until(&self, call: usize) -> Option<Duration> {
        match self.end {
            Some((at, _, Fate::Paused(pause) | Fate::Stopping(pause))) => Some(at + pause),
            Some((at, _, Fate::Loading(pause))) if self.call == Some(call) => Some(at + pause),
            _ => None,
        }
    }
}
