//! The configuration as people write it: 0.1, 0.2 and what came since, nothing checked but names and types.
//!
//! `deny_unknown_fields` makes a misspelt key an error that lists the right ones; [`Config`](crate::Config)
//! checks the values. A key stands here only once it is honoured.

use serde::Deserialize;

use crate::balancer::LoadBalancing;
use crate::host_protocol::Protocol;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object with `hosts`")]
pub(crate) struct RawConfig {
    pub(crate) hosts: Option<Vec<RawHost>>,
    pub(crate) service_url: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) api_key: Option<String>,
    pub(crate) timeout: Option<f64>,
    pub(crate) health_check_interval_seconds: Option<f64>,
    pub(crate) load_balancing: Option<LoadBalancing>,
    pub(crate) models: Option<RawModels>,
    pub(crate) limits: Option<RawLimits>,
    pub(crate) retries: Option<RawRetries>,
    pub(crate) hedge: Option<RawHedge>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object with `url`")]
pub(crate) struct RawHost {
    pub(crate) url: String,
    pub(crate) name: Option<String>,
    pub(crate) api_key: Option<String>,
    pub(crate) weight: Option<f64>,
    pub(crate) protocol: Option<Protocol>,
    pub(crate) discover: Option<Discover>,
    pub(crate) tls: Option<RawTls>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object with `ca`, `cert` and `key`")]
pub(crate) struct RawTls {
    pub(crate) ca: Option<String>,
    pub(crate) cert: Option<String>,
    pub(crate) key: Option<String>,
}

/// How the hosts are found that an entry stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Discover {
    Dns,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object")]
pub(crate) struct RawModels {
    pub(crate) embed: Option<String>,
    pub(crate) bertscore: Option<String>,
    pub(crate) rerank: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object")]
pub(crate) struct RawLimits {
    pub(crate) max_batch_size: Option<f64>,
    pub(crate) max_text_length: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object")]
pub(crate) struct RawRetries {
    pub(crate) budget_percent: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object")]
pub(crate) struct RawHedge {
    pub(crate) enabled: Option<bool>,
    pub(crate) max_extra_percent: Option<f64>,
}

impl RawHedge {
    /// Copies for every hundred requests; none where they are switched off.
    pub(crate) fn percent(&self, default: f64) -> f64 {
        match self.enabled {
            Some(false) => 0.0,
            _ => self.max_extra_percent.unwrap_or(default),
        }
    }
}
