//! What a call hears from its caller, and tells it.

use crate::call_progress::OnProgress;
use crate::deadline::Deadline;
use crate::stop::Stop;
use crate::trace::CallTrace;

/// See the module.
#[derive(Debug)]
pub(crate) struct Terms<'a> {
    pub(crate) deadline: Deadline,
    pub(crate) stop: Stop<'a>,
    /// The trace it belongs to.
    pub(crate) trace: CallTrace,
    /// Who wants to know how far the call has come.
    pub(crate) on_progress: Option<&'a OnProgress>,
}
