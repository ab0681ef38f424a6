//! What a health check found.

use gpu_bridge_protocol::HealthResponse;
use tokio::time::Instant;

use crate::fault::Fault;

/// The host's own answer, or why there is none.
pub(crate) type Finding = Result<HealthResponse, Fault>;
/// When a host was checked, and what was found.
pub(crate) type Checked = (Instant, Finding);
