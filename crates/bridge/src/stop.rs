//! What ends a call or a survey from outside: its caller goes away, or the bridge is closed.

use std::pin::Pin;

use tokio_util::sync::CancellationToken;

use crate::code::Code;
use crate::error::Error;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stop<'a> {
    pub(crate) cancel: &'a CancellationToken,
    pub(crate) closed: &'a CancellationToken,
}

/// Which of them it was.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stopped {
    Closed,
    Aborted,
}

impl Stop<'_> {
    /// Waits for something to be done. It is pinned by the caller, for a future of kilobytes would else be held twice: as
    /// given and as awaited.
    ///
    /// # Errors
    /// When one of them comes first.
    pub(crate) async fn unless<T>(self, work: Pin<&mut impl Future<Output = T>>) -> Result<T, Stopped> {
        tokio::select! {
            biased;
            () = self.closed.cancelled() => Err(Stopped::Closed),
            () = self.cancel.cancelled() => Err(Stopped::Aborted),
            done = work => Ok(done),
        }
    }
}

impl Stopped {
    /// The code of a call that ends so.
    pub(crate) fn code(self) -> Code {
        match self {
            Self::Closed => Code::Closed,
            Self::Aborted => Code::Aborted,
        }
    }

    /// For people.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::Closed => "The bridge was closed during the call.",
            Self::Aborted => "The call was aborted by its caller.",
        }
    }
}

impl From<Stopped> for Error {
    fn from(stopped: Stopped) -> Self {
        Self::new(stopped.code(), stopped.message())
    }
}
