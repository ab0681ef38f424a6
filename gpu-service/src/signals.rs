//! SIGTERM and SIGINT: the first asks for an orderly stop, the second for an end at once.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Exit status after a second signal, as a shell counts it for SIGINT.
pub const INTERRUPTED: i32 = 130;

/// See the module.
#[derive(Debug)]
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Listens from now on.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
