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
    let running = engine.calls().clone();
    let settle = async move |answer: Result<_, _>| {
        let answer = answer.map_err(|_| "The bridge's core panicked; please report it.");
        settlements.settle(number, answer, running.len() > 1).await;
    };
    engine.spawn(AssertUnwindSafe(call).catch_unwind().then(settle));
}
