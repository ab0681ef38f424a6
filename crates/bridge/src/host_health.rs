//! How a host is, for people and metrics.

use serde::Serialize;

/// In one word, whether a host is given work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HostHealth {
    /// Nothing was heard of it yet. It is given work.
    Unknown,
    /// Its last answer was good. It is given work.
    Healthy,
    /// Its breaker isn't closed: it gets single probes until it serves one or, where it was gone, a health check goes well;
    /// none while it doesn't answer those.
    Unhealthy,
    /// It refuses the key. Checked again with every health check; given work only where no other host is left.
    Unauthorized,
    /// It said that it is stopping, and is left alone for as long as it asked, for it may be started again; or it is
    /// none of the hosts any more, and finishes what it has.
    Draining,
    /// It said when it wants to be asked again, and that time hasn't come.
    Parked,
}

impl HostHealth {
    /// All there are.
    pub const ALL: [Self; 6] =
        [Self::Unknown, Self::Healthy, Self::Unhealthy, Self::Unauthorized, Self::Draining, Self::Parked];

    /// The word that JavaScript and metrics see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
            Self::Unauthorized => "unauthorized",
            Self::Draining => "draining",
            Self::Parked => "parked",
        }
    }
}
