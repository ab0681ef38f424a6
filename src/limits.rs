//! What a caller may say about any call, and its way into the core's options.

use std::sync::Arc;
use std::time::Duration;

use gpu_bridge_core::CallOptions;
use napi_derive::napi;

use crate::cancel::Cancel;
use crate::progress::told;
use crate::settlements::Settlements;
use crate::trace::{self, TraceHeaders};

/// The options of a call, but for its signal.
#[derive(Default)]
#[napi(object, object_to_js = false)]
pub struct Limits {
    /// Seconds.
    pub timeout: Option<f64>,
    /// The trace it belongs to.
    pub trace: Option<TraceHeaders>,
    /// Whether somebody wants to know how far it has come.
    pub progress: bool,
}

impl Limits {
    /// The options of a call of this number, whose progress goes where its answer goes.
    pub(crate) fn options(
        self,
        call: u32,
        cancel: Option<&Cancel>,
        settlements: &Arc<Settlements>,
    ) -> CallOptions {
        CallOptions {
            timeout: self.timeout.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
            cancel: cancel.map(Cancel::token).unwrap_or_default(),
            trace: trace::context(self.trace),
            on_progress: self.progress.then(|| told(call, Arc::clone(settlements))),
        }
    }
}
