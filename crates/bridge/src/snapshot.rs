//! What `hosts()` tells: the pool's view of each host, without a request.

use serde::Serialize;
use tokio::time::Instant;

use crate::breaker_state::BreakerState;
use crate::host::Host;
use crate::host_health::HostHealth;
use crate::host_protocol::Protocol;
use crate::reason::Reason;

/// One host as the pool sees it. Its JSON is in camel case, for JavaScript.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HostSnapshot {
    /// Its name in the configuration.
    pub name: String,
    /// The entry of the configuration that it was discovered by, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// Its url in the configuration; holds no credentials.
    pub url: String,
    /// What it speaks.
    pub protocol: Protocol,
    /// In one word, whether it is given work.
    pub health: HostHealth,
    /// Whether its breaker lets requests pass.
    pub breaker: BreakerState,
    /// Its share of the calls, against the other hosts' weights.
    pub weight: f64,
    /// Requests of this bridge that it hasn't answered.
    pub in_flight: u64,
    /// Requests of this bridge so far, health checks not counted.
    pub requests: u64,
    /// Those of them that failed. Refusals are no failures.
    pub failures: u64,
    /// Those of them, as far as they have ended, that were sent again after another attempt wasn't served.
    pub retries: u64,
    /// Those of them, as far as they have ended, that were copies of another host's late requests.
    pub hedges: u64,
    /// Copies that were served first.
    pub hedges_won: u64,
    /// Tokens of what it served, as it counts them; estimated where it doesn't.
    pub tokens: u64,
    /// Seconds until it may be asked again, where it asked for a pause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parked_seconds: Option<f64>,
    /// Requests it had on hand when it last said so, other callers' included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_in_flight: Option<f64>,
    /// Tokens that waited for its device when it last said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_tokens: Option<f64>,
    /// Its throughput when it last said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_per_second: Option<f64>,
    /// The part of its device's memory in use when it last said so, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_utilization: Option<f64>,
    /// The models that are known to be in its memory: `TASK:NAME`, names without their owners.
    pub loaded_models: Vec<String>,
    /// The device of its last health check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// What went wrong last, until it does well again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// Seconds since that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error_seconds: Option<f64>,
    /// Seconds since the last request of this bridge ended there, however it ended; none while one is in flight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_seconds: Option<f64>,
}

impl HostSnapshot {
    pub(crate) fn of(host: &Host, now: Instant) -> Self {
        let config = &host.member.config;
        let load = host.traffic.backlog.load();
        let metrics = load.map(|load| load.named_metrics);
        let since = |at: Instant| now.saturating_duration_since(at).as_secs_f64();
        Self {
            name: config.name.clone(),
            entry: config.origin.as_ref().map(|origin| origin.entry.clone()),
            url: config.url.to_string(),
            protocol: config.protocol,
            health: host.health(now),
            breaker: host.breaker.state(),
            weight: host.weight,
            in_flight: host.traffic.in_flight,
            requests: host.traffic.requests,
            failures: host.failures,
            retries: host.tally.sent_as(Reason::Retry),
            hedges: host.tally.sent_as(Reason::Hedge),
            hedges_won: host.tally.hedges_won.sum(),
            tokens: host.tally.tokens.sum(),
            parked_seconds: host.parked_until(now).map(|until| (until - now).as_secs_f64()),
            queue_in_flight: metrics.map(|metrics| metrics.in_flight),
            queue_tokens: metrics.map(|metrics| metrics.queue_tokens),
            tokens_per_second: metrics.map(|metrics| metrics.tokens_per_second),
            memory_utilization: load.map(|load| load.mem_utilization),
            loaded_models: host.loaded.labels().to_vec(),
            device: host.device.clone(),
            last_error: host.last_error.clone(),
            last_error_seconds: host.last_error.is_some().then(|| host.last_fault.map(since)).flatten(),
            idle_seconds: (host.traffic.in_flight == 0).then(|| host.traffic.last_end().map(since)).flatten(),
        }
    }
}
