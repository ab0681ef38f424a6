//! How far a call has come, told to its caller.

use std::fmt;
use std::sync::Arc;

/// What is done of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallProgress<'a> {
    /// Texts or pairs that have been answered.
    pub done: usize,
    /// All of the call.
    pub total: usize,
    /// The name of the host that answered last.
    pub host: &'a str,
}

/// Who wants to know. It is called from the runtime's threads and must not block.
#[derive(Clone)]
pub struct OnProgress(Arc<dyn Fn(CallProgress<'_>) + Send + Sync>);

impl OnProgress {
    /// Calls this for every slice that is done; `done` never decreases.
    pub fn new(told: impl Fn(CallProgress<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(told))
    }

    pub(crate) fn tell(&self, progress: CallProgress<'_>) {
        (self.0)(progress);
    }
}

impl fmt::Debug for OnProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnProgress")
    }
}
