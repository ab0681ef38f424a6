//! Progress of a call, on its way from the bridge's thread to JavaScript: by the way that its answer takes, so that nobody
//! hears of progress after the end.

use std::sync::Arc;

use gpu_bridge_core::OnProgress;
use napi_derive::napi;

use crate::settlements::Settlements;

/// What is done of a call.
#[napi(object, object_from_js = false)]
pub struct ProgressEvent {
    /// Texts or pairs that have been answered.
    pub done: u32,
    /// All of the call.
    pub total: u32,
    /// The name of the host that answered last.
    pub host: String,
}

/// Who tells of the progress of a call.
pub(crate) fn told(call: u32, settlements: Arc<Settlements>) -> OnProgress {
    OnProgress::new(move |progress| {
        let (done, total) = (progress.done as u32, progress.total as u32);
        settlements.progress(call, ProgressEvent { done, total, host: progress.host.to_owned() });
    })
}
