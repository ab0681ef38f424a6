//! What every call works with, and what may end it from outside. [`dispatch`](crate::dispatch) puts them to use.

use tokio_util::sync::CancellationToken;

use crate::budget::RetryBudget;
use crate::call_progress::OnProgress;
use crate::deadline::Deadline;
use crate::discovery::Discovery;
use crate::hedge::Hedging;
use crate::host_client::HostClient;
use crate::trace::CallTrace;
use crate::vigil::Vigil;

/// What a call hears from its caller, and tells it.
#[derive(Debug)]
pub(crate) struct Stop<'a> {
    pub(crate) deadline: Deadline,
    pub(crate) cancel: &'a CancellationToken,
    pub(crate) closed: &'a CancellationToken,
    /// The trace it belongs to.
    pub(crate) trace: &'a CallTrace,
    /// Who wants to know how far the call has come.
    pub(crate) on_progress: Option<&'a OnProgress>,
}

/// See the module.
pub(crate) struct Dispatcher {
    pub(crate) client: HostClient,
    pub(crate) budget: RetryBudget,
    pub(crate) slice_budget: RetryBudget,
    pub(crate) vigil: Vigil,
    pub(crate) hedging: Hedging,
    pub(crate) discovery: Discovery,
}
