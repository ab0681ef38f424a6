//! What `hosts()` tells: the pool's view of each host, without a request.

use serde::Serialize;
use tokio::time::Instant;

use crate::breaker::BreakerState;
use crate::host::{Host, HostHealth};

/// One host as the pool sees it. Its JSON is in camel case, for JavaScript.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HostSnapshot {
    /// Its name in the configuration.
    pub name: String,
    /// Its address; holds no credentials.
    pub url: String,
    /// In one word, whether it is given work.
    pub health: HostHealth,
    /// Whether its breaker lets requests pass.
    pub breaker: BreakerState,
    /// Its share of the calls, against the other hosts' weights.
    pub weight: u32,
    /// Requests of this bridge that it hasn't answered.
    pub in_flight: u64,
    /// Requests of this bridge so far, health checks not counted.
    pub requests: u64,
    /// Those of them that failed. Refusals are no failures.
    pub failures: u64,
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
    /// The device of its last health check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// What went wrong last, until it does well again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

impl HostSnapshot {
    pub(crate) fn of(host: &Host, now: Instant) -> Self {
        let config = &host.member.config;
        let metrics = host.backlog.load().map(|load| load.named_metrics);
        Self {
            name: config.name.clone(),
            url: config.url.to_string(),
            health: host.health(now),
            breaker: host.breaker.state(),
            weight: host.weight,
            in_flight: host.in_flight,
            requests: host.requests,
            failures: host.failures,
            parked_seconds: host.parked_until(now).map(|until| (until - now).as_secs_f64()),
            queue_in_flight: metrics.map(|metrics| metrics.in_flight),
            queue_tokens: metrics.map(|metrics| metrics.queue_tokens),
            tokens_per_second: metrics.map(|metrics| metrics.tokens_per_second),
            device: host.device.clone(),
            last_error: host.last_error.clone(),
        }
    }
}
