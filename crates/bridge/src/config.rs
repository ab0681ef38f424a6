//! The configuration, checked: whoever holds a [`Config`] needs to check nothing again.
//!
//! It takes what 0.1 and 0.2 took and the newer keys. A mistake is an error that names the key and the value,
//! but never a key or password. No host at all is no mistake: calls then fail with `not_configured`, so that
//! a plugin can be installed first and configured later.

use std::time::Duration;

use serde_json::Value;

use crate::balancer::LoadBalancing;
use crate::config_error::ConfigError;
use crate::host_config::{self, HostConfig};
use crate::host_protocol::Protocol;
use crate::input_limits::InputLimits;
use crate::raw_config::{RawConfig, RawModels};
use crate::setting::{seconds, within};

const TIMEOUT_SECONDS: f64 = 45.0;
const HEALTH_CHECK_INTERVAL_SECONDS: f64 = 30.0;
const RETRY_BUDGET_PERCENT: f64 = 20.0;
const HEDGE_PERCENT: f64 = 5.0;
const DAY: f64 = 86_400.0;

/// Where work goes, and within which bounds.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) hosts: Vec<HostConfig>,
    pub(crate) timeout: Duration,
    pub(crate) health_check_interval: Duration,
    pub(crate) load_balancing: LoadBalancing,
    pub(crate) models: DefaultModels,
    pub(crate) limits: InputLimits,
    /// Retries for every hundred calls, beyond the floor.
    pub(crate) retry_budget_percent: f32,
    /// Copies of late requests for every hundred requests.
    pub(crate) hedge_percent: f32,
}

/// The models of requests that name none; the service's own where absent.
#[derive(Debug, Clone, Default)]
pub(crate) struct DefaultModels {
    pub(crate) embed: Option<String>,
    pub(crate) bertscore: Option<String>,
    pub(crate) rerank: Option<String>,
}

impl Config {
    /// Reads a configuration of version 0.1, 0.2 or now. `null` stands for an empty one.
    ///
    /// # Errors
    /// When a key is unknown, or a value can't be used.
    pub fn from_json(value: Value) -> Result<Self, ConfigError> {
        let raw = read(value)?;
        let hosts = host_config::hosts(&raw)?;
        let percent = raw.retries.unwrap_or_default().budget_percent.unwrap_or(RETRY_BUDGET_PERCENT);
        let hedge = raw.hedge.unwrap_or_default().percent(HEDGE_PERCENT);
        let interval = raw.health_check_interval_seconds.unwrap_or(HEALTH_CHECK_INTERVAL_SECONDS);
        let models = DefaultModels::from_raw(raw.models.unwrap_or_default());
        name_shared_model(&hosts, &models)?;
        Ok(Self {
            hosts,
            timeout: seconds("timeout", raw.timeout.unwrap_or(TIMEOUT_SECONDS), 0.001..=DAY)?,
            health_check_interval: seconds("healthCheckIntervalSeconds", interval, 0.1..=DAY)?,
            load_balancing: raw.load_balancing.unwrap_or_default(),
            models,
            limits: InputLimits::from_raw(&raw.limits.unwrap_or_default())?,
            hedge_percent: within("hedge.maxExtraPercent", hedge, 0.0..=100.0)? as f32,
            retry_budget_percent: within("retries.budgetPercent", percent, 0.0..=100.0)? as f32,
        })
    }
}

/// Hosts of different protocols have no default model in common: without a name, which vectors a call gets would depend
/// on the host that it happens to get.
impl DefaultModels {
    /// An empty name is none.
    fn from_raw(raw: RawModels) -> Self {
        let named = |model: Option<String>| model.filter(|name| !name.is_empty());
        Self { embed: named(raw.embed), bertscore: named(raw.bertscore), rerank: named(raw.rerank) }
    }
}

fn name_shared_model(hosts: &[HostConfig], models: &DefaultModels) -> Result<(), ConfigError> {
    let speaks = |protocol| hosts.iter().any(|host| host.protocol == protocol);
    match speaks(Protocol::GpuBridge) && speaks(Protocol::OpenAi) && models.embed.is_none() {
        true => Err(ConfigError::value(
            "models.embed",
            "is missing, and hosts of both protocols are configured; name the model that all of them have",
        )),
        false => Ok(()),
    }
}

fn read(value: Value) -> Result<RawConfig, ConfigError> {
    match value {
        Value::Null => Ok(RawConfig::default()),
        // serde would read a list as the fields in their order.
        Value::Array(_) => Err(ConfigError::value("config", "is a list; give an object with `hosts`")),
        value => serde_path_to_error::deserialize(value).map_err(|error| ConfigError::shape(&error)),
    }
}
