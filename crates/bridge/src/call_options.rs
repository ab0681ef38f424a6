//! How one call is to be made, as its caller says it.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::call_progress::OnProgress;
use crate::trace::TraceContext;

/// How one call is to be made.
#[derive(Debug, Clone, Default)]
pub struct CallOptions {
    /// Instead of the configured `timeout`.
    pub timeout: Option<Duration>,
    /// Cancelling it ends the call with `aborted` and closes its connection.
    pub cancel: CancellationToken,
    /// The caller's trace; without one the call begins its own.
    pub trace: Option<TraceContext>,
    /// Told whenever a part of the call is done.
    pub on_progress: Option<OnProgress>,
}
