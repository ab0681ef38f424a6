//! Runs a call on the bridge's threads and settles its promise there.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use gpu_bridge_core::Error;
use napi::Env;
use napi::bindgen_prelude::{Object, ToNapiValue};

use crate::engine::Engine;

/// Starts a call and gives its promise, which keeps the process alive until it is settled. It settles with an
/// answer that is a value or a failure; it is rejected only when the core panics, which would be a mistake in it.
///
/// # Errors
/// When JavaScript can't be given a promise.
pub(crate) fn promise<'env, T, A>(
    env: &'env Env,
    engine: &Engine,
    call: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> napi::Result<Object<'env>>
where
    T: Send + 'static,
    A: From<Result<T, Error>> + ToNapiValue + 'static,
{
    let (deferred, promise) = env.create_deferred()?;
    engine.spawn(async move {
        match AssertUnwindSafe(call).catch_unwind().await {
            Ok(result) => deferred.resolve(move |_| Ok(A::from(result))),
            Err(_) => deferred.reject(panicked()),
        }
    });
    Ok(promise)
}

fn panicked() -> napi::Error {
    napi::Error::from_reason("The bridge's core panicked; please report it.")
}
