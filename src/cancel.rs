//! The caller's handle to a running call.

use napi_derive::napi;
use tokio_util::sync::CancellationToken;

/// Ends the call it was given to. One for each call.
#[napi]
#[derive(Default)]
pub struct Cancel {
    token: CancellationToken,
}

#[napi]
impl Cancel {
    /// A handle that was not used yet.
    #[napi(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the call with code `aborted`, or does nothing once it has ended.
    #[napi]
    pub fn abort(&self) {
        self.token.cancel();
    }

    pub(crate) fn token(&self) -> CancellationToken {
        self.token.clone()
    }
}
