//! Runs a call on the bridge's thread and settles it from there.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use gpu_bridge_core::Error;

use crate::answer::Value;
use crate::engine::Engine;
use crate::settlements::Settlements;

/// Starts a call, which is settled by its number.
pub(crate) fn start(
    engine: &Engine,
    number: u32,
    call: impl Future<Output = Result<Value, Error>> + Send + 'static,
    settlements: Arc<Settlements>,
) {
    engine.spawn(async move {
        let answer = AssertUnwindSafe(call).catch_unwind().await;
        settlements.settle(number, answer.map_err(|_| "The bridge's core panicked; please report it.")).await;
    });
}
