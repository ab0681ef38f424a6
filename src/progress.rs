//! Progress of a call, on its way from the bridge's threads to a JavaScript function.

use gpu_bridge_core::OnProgress;
use napi::Status;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;

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

/// The caller's function. Holding it doesn't keep the process alive.
pub type ProgressCallback = ThreadsafeFunction<ProgressEvent, (), ProgressEvent, Status, false, true>;

/// The caller's function as the core takes it.
pub(crate) fn told(callback: ProgressCallback) -> OnProgress {
    OnProgress::new(move |progress| {
        let (done, total) = (progress.done as u32, progress.total as u32);
        let event = ProgressEvent { done, total, host: progress.host.to_owned() };
        callback.call(event, ThreadsafeFunctionCallMode::NonBlocking);
    })
}
