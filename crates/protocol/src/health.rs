//! `GET /health`: may this host be given work?

use serde::{Deserialize, Serialize};

/// Whether a service takes work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthResponse {
    /// `ok` comes with status 200, everything else with 503.
    pub status: HealthStatus,
    /// The device that does the work: `cuda:0`, `mps`, `cpu`.
    pub device: String,
    /// Why the status isn't `ok`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// See [`HealthResponse::status`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HealthStatus {
    /// Takes work.
    Ok,
    /// Will take work soon.
    Starting,
    /// Finishes what it has and takes nothing new.
    Draining,
    /// Can't work.
    Error,
}

impl HealthStatus {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Starting => "starting",
            Self::Draining => "draining",
            Self::Error => "error",
        }
    }
}
