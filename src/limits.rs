//! What a caller may say about any call, and its way into the core's options.

use std::time::Duration;

use gpu_bridge_core::CallOptions;
use napi_derive::napi;

use crate::cancel::Cancel;
use crate::progress::{ProgressCallback, told};
use crate::trace::{self, TraceHeaders};

/// The options of a call, but for its signal.
#[napi(object, object_to_js = false)]
pub struct Limits {
    /// Seconds.
    pub timeout: Option<f64>,
    /// The trace it belongs to.
    pub trace: Option<TraceHeaders>,
    /// Who wants to know how far it has come.
    pub on_progress: Option<ProgressCallback>,
}

impl Limits {
    pub(crate) fn options(self, cancel: Option<&Cancel>) -> CallOptions {
        CallOptions {
            timeout: self.timeout.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
            cancel: cancel.map(Cancel::token).unwrap_or_default(),
            trace: trace::context(self.trace),
            on_progress: self.on_progress.map(told),
        }
    }
}
