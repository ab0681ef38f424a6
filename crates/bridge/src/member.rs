//! A host for those who talk to it: who it is, where, with which key.
//!
//! The pool keeps what is known of a host and may forget it once it has left; whoever holds a [`Member`] can still name
//! it, and end what was begun. It never says whether the host may be asked: that is the pool's.

use tokio::sync::{Mutex, Notify};
use tokio_util::sync::CancellationToken;

use crate::engine::Engine;
use crate::finding::Checked;
use crate::host_config::HostConfig;
use crate::host_id::{HostId, Named};
use crate::transport::TransportError;

/// See the module.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) id: HostId,
    /// Which entry of the configuration it comes from.
    pub(crate) entry: usize,
    pub(crate) config: HostConfig,
    /// What is remembered of it, where it isn't gpu-service.
    pub(crate) engine: Engine,
    /// Cancelled when it leaves.
    pub(crate) left: CancellationToken,
    /// Told when it is out or stopping: its return is then looked out for.
    pub(crate) went: Notify,
    /// Its last health check; the lock makes checks shared.
    pub(crate) checked: Mutex<Option<Checked>>,
}

impl Member {
    pub(crate) fn new(id: HostId, entry: usize, config: HostConfig) -> Self {
        Self {
            id,
            entry,
            config,
            engine: Engine::default(),
            left: CancellationToken::new(),
            went: Notify::new(),
            checked: Mutex::default(),
        }
    }

    /// It didn't answer. Where it can't even be reached, what led to its address is in doubt.
    pub(crate) fn on_failure(&self, error: &TransportError) {
        if let (TransportError::Unreachable(_), Some(origin)) = (error, &self.config.origin) {
            origin.doubt.notify_one();
        }
    }

    /// Its id, and its name.
    pub(crate) fn named(&self) -> Named<'_> {
        (self.id, self.name())
    }

    /// What answers, errors and logs call it.
    pub(crate) fn name(&self) -> &str {
        &self.config.name
    }
}
