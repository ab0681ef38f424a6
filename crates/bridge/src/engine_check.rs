//! Health checks of hosts that aren't gpu-service.
//!
//! `GET /v1/models` is what most of them have, and it wants the key, so that one request says all there is to say. A
//! server without that route is asked `GET /health`, and one without either is there all the same: it answered.

use gpu_bridge_protocol::{HealthResponse, HealthStatus};
use tokio::time::Instant;

use crate::engine::MODELS;
use crate::fault::Fault;
use crate::finding::Finding;
use crate::health::HealthChecker;
use crate::host::Host;
use crate::member::Member;
use crate::openai;
use crate::outcome::Outcome;
use crate::transport::HostReply;

/// The device of a host that doesn't say.
pub(crate) const UNKNOWN: &str = "unknown";

impl HealthChecker {
    /// Checks a host by what its protocol offers, and tells the pool.
    pub(crate) async fn examine_engine(&self, host: &Member) -> Finding {
        let reply = self.get(host, MODELS).await.map_err(|fault| self.sick(host, fault))?;
        match host.engine.on_models(&reply) {
            Ok(Some(_)) => Ok(self.engine_is_well(host)),
            Ok(None) => self.examine_without_models(host).await,
            Err(outcome) => Err(self.engine_refused(host, &reply, &outcome)),
        }
    }

    /// It lists no models.
    async fn examine_without_models(&self, host: &Member) -> Finding {
        let reply = self.get(host, "/health").await.map_err(|fault| self.sick(host, fault))?;
        match reply.status {
            200..300 | 404 | 405 => Ok(self.engine_is_well(host)),
            _ => {
                let outcome = openai::refusal::outcome(&reply);
                Err(self.engine_refused(host, &reply, &outcome))
            }
        }
    }

    /// Some servers say this much without a key, so that a key they refused is tried again after a check.
    fn engine_is_well(&self, host: &Member) -> HealthResponse {
        self.client.pool.update(host.id, |host: &mut Host, _| {
            host.on_authorized();
            host.on_well(UNKNOWN.to_owned(), Instant::now());
        });
        HealthResponse { status: HealthStatus::Ok, device: UNKNOWN.to_owned(), detail: None }
    }

    fn engine_refused(&self, host: &Member, reply: &HostReply, outcome: &Outcome) -> Fault {
        let fault = outcome.fault().cloned();
        let fault = fault.unwrap_or_else(|| Fault::bad_response(reply.status, "gave no answer"));
        match outcome {
            Outcome::Unauthorized(_) | Outcome::Overloaded { .. } => self.observe(host, outcome),
            _ => return self.sick(host, fault),
        }
        fault
    }
}
