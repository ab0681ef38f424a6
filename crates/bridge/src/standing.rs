//! How a host stands with the pool, and the line in the log when that changes.
//!
//! One line when a host goes and one when it is back, however many calls and checks fail in between: a dead host must
//! not fill a log.

use crate::breaker_state::BreakerState;
use crate::host::{Host, Key};

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It gets work, now or after a short pause.
    In,
    /// It said that it is stopping.
    Draining,
    /// It refuses the key.
    Locked,
    /// Its breaker isn't closed.
    Out,
}

impl Standing {
    pub(crate) fn of(host: &Host) -> Self {
        match () {
            () if host.key() == Key::Refused => Self::Locked,
            () if host.breaker.state() != BreakerState::Closed => Self::Out,
            () if host.is_draining() => Self::Draining,
            () => Self::In,
        }
    }

    /// The word in metrics.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Draining => "draining",
            Self::Locked => "locked",
            Self::Out => "out",
        }
    }

    /// Says that the host stands like this now, and didn't before.
    pub(crate) fn tell(self, host: &Host) {
        let name = host.member.name();
        let reason = host.last_error.as_deref().unwrap_or("it didn't say why").trim_end_matches('.');
        match self {
            Self::In => {
                tracing::info!(host = name, "{name} is back, and its share of the calls grows again.");
            }
            Self::Draining => {
                tracing::info!(host = name, "{name} is stopping: {reason}. Other hosts get its calls.");
            }
            Self::Locked => tracing::warn!(
                host = name,
                "{name} refuses the key: {reason}. It gets no calls until it takes the key, for which it is asked with every health check."
            ),
            Self::Out => tracing::warn!(
                host = name,
                "{name} is out: {reason}. Other hosts get its calls until it is well again."
            ),
        }
    }
}
