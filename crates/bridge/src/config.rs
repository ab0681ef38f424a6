//! The configuration, checked: whoever holds a [`Config`] needs to check nothing again.
//!
//! It takes what 0.1 and 0.2 took and the newer keys. A mistake is an error that names the key and the value,
//! but never a key or password. No host at all is no mistake: calls then fail with `not_configured`, so that
//! a plugin can be installed first and configured later.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use gpu_bridge_protocol::limits::MAX_TEXT_LENGTH;
use serde_json::Value;

use crate::api_key::ApiKey;
use crate::balancer::LoadBalancing;
use crate::host_url::HostUrl;
use crate::raw_config::{RawConfig, RawHost};

const TIMEOUT_SECONDS: f64 = 45.0;
const HEALTH_CHECK_INTERVAL_SECONDS: f64 = 30.0;
const RETRY_BUDGET_PERCENT: f64 = 20.0;
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
}

/// One host.
#[derive(Debug, Clone)]
pub(crate) struct HostConfig {
    pub(crate) name: String,
    pub(crate) url: HostUrl,
    pub(crate) api_key: Option<ApiKey>,
    /// Its share of the calls, against the other hosts' weights.
    pub(crate) weight: u32,
}

/// The models of requests that name none; the service's own where absent.
#[derive(Debug, Clone, Default)]
pub(crate) struct DefaultModels {
    pub(crate) embed: Option<String>,
    pub(crate) bertscore: Option<String>,
}

/// What a request may hold.
#[derive(Debug, Clone)]
pub(crate) struct InputLimits {
    /// Texts or pairs; unlimited where absent.
    pub(crate) max_batch_size: Option<usize>,
    /// Unicode code points a text.
    pub(crate) max_text_length: usize,
}

/// Why a configuration can't be used. The code for programs is `invalid_config`.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// A key isn't known, or its value has the wrong type.
    #[error("The configuration is wrong at `{key}`: {reason}.")]
    Shape {
        /// Path of the key, such as `hosts[1].url`; `.` for the whole.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A value has the right type and can't be used.
    #[error("`{key}` {reason}.")]
    Value {
        /// Path of the key, such as `hosts[1].url`.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl ConfigError {
    /// The word for programs.
    pub fn code(&self) -> &'static str {
        "invalid_config"
    }

    fn value(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Value { key: key.into(), reason: reason.into() }
    }
}

impl Config {
    /// Reads a configuration of version 0.1, 0.2 or now. `null` stands for an empty one.
    ///
    /// # Errors
    /// When a key is unknown, or a value can't be used.
    pub fn from_json(value: Value) -> Result<Self, ConfigError> {
        let raw = read(if value.is_null() { Value::Object(Default::default()) } else { value })?;
        let models = raw.models.unwrap_or_default();
        let limits = raw.limits.unwrap_or_default();
        let percent = raw.retries.unwrap_or_default().budget_percent.unwrap_or(RETRY_BUDGET_PERCENT);
        let interval = raw.health_check_interval_seconds.unwrap_or(HEALTH_CHECK_INTERVAL_SECONDS);
        Ok(Self {
            timeout: seconds("timeout", raw.timeout.unwrap_or(TIMEOUT_SECONDS), 0.001..=DAY)?,
            health_check_interval: seconds("healthCheckIntervalSeconds", interval, 0.1..=DAY)?,
            load_balancing: raw.load_balancing.unwrap_or_default(),
            models: DefaultModels { embed: models.embed, bertscore: models.bertscore },
            limits: InputLimits {
                max_batch_size: limits
                    .max_batch_size
                    .map(|size| count("limits.maxBatchSize", size))
                    .transpose()?,
                max_text_length: match limits.max_text_length {
                    Some(length) => count("limits.maxTextLength", length)?,
                    None => MAX_TEXT_LENGTH,
                },
            },
            retry_budget_percent: within("retries.budgetPercent", percent, 0.0..=100.0)? as f32,
            hosts: hosts(raw.hosts, raw.service_url.or(raw.url), raw.api_key.as_deref())?,
        })
    }
}

fn read(value: Value) -> Result<RawConfig, ConfigError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let key = error.path().to_string();
        let reason = if key.ends_with("apiKey") {
            "a string was expected".to_owned()
        } else {
            error.inner().to_string()
        };
        ConfigError::Shape { key, reason }
    })
}

/// The hosts of 0.2, or else the one of 0.1, or none.
fn hosts(
    hosts: Option<Vec<RawHost>>,
    legacy: Option<String>,
    fallback: Option<&str>,
) -> Result<Vec<HostConfig>, ConfigError> {
    let fallback = key("apiKey", fallback.unwrap_or_default())?;
    let hosts = hosts.unwrap_or_default();
    let hosts = match legacy.filter(|_| hosts.is_empty()) {
        Some(url) => vec![host("serviceUrl", "gpu-1".to_owned(), &url, fallback, 1)?],
        None => from_list(hosts, fallback.as_ref())?,
    };
    refuse_doubles(&hosts)?;
    Ok(hosts)
}

fn from_list(hosts: Vec<RawHost>, fallback: Option<&ApiKey>) -> Result<Vec<HostConfig>, ConfigError> {
    let checked = hosts.into_iter().enumerate().map(|(index, raw)| {
        let at = format!("hosts[{index}]");
        let api_key = match raw.api_key {
            Some(text) => key(&format!("{at}.apiKey"), &text)?,
            None => fallback.cloned(),
        };
        let weight = raw.weight.map_or(Ok(1), |weight| weigh(&format!("{at}.weight"), weight))?;
        let name = raw.name.unwrap_or_else(|| format!("gpu-{}", index + 1));
        host(&format!("{at}.url"), name, &raw.url, api_key, weight)
    });
    checked.collect()
}

fn host(
    key: &str,
    name: String,
    url: &str,
    api_key: Option<ApiKey>,
    weight: u32,
) -> Result<HostConfig, ConfigError> {
    let url = HostUrl::parse(url).map_err(|reason| ConfigError::value(key, reason))?;
    Ok(HostConfig { name, url, api_key, weight })
}

fn refuse_doubles(hosts: &[HostConfig]) -> Result<(), ConfigError> {
    let (mut names, mut urls) = (HashSet::new(), HashSet::new());
    for (index, host) in hosts.iter().enumerate() {
        if !names.insert(&host.name) {
            let reason = format!("is {:?}, as another host's; give each its own name", host.name);
            return Err(ConfigError::value(format!("hosts[{index}].name"), reason));
        }
        if !urls.insert(&host.url) {
            let reason = format!("is {}, as another host's; list each host once", host.url);
            return Err(ConfigError::value(format!("hosts[{index}].url"), reason));
        }
    }
    Ok(())
}

fn key(at: &str, text: &str) -> Result<Option<ApiKey>, ConfigError> {
    ApiKey::parse(text).map_err(|reason| ConfigError::value(at, reason))
}

fn seconds(key: &str, value: f64, range: RangeInclusive<f64>) -> Result<Duration, ConfigError> {
    within(key, value, range).map(Duration::from_secs_f64)
}

fn weigh(key: &str, value: f64) -> Result<u32, ConfigError> {
    whole(key, within(key, value, 1.0..=1000.0)?).map(|weight| weight as u32)
}

fn count(key: &str, value: f64) -> Result<usize, ConfigError> {
    whole(key, within(key, value, 1.0..=1e9)?).map(|count| count as usize)
}

fn within(key: &str, value: f64, range: RangeInclusive<f64>) -> Result<f64, ConfigError> {
    if range.contains(&value) {
        return Ok(value);
    }
    let reason = format!("is {value}; use a number from {} to {}", range.start(), range.end());
    Err(ConfigError::value(key, reason))
}

fn whole(key: &str, value: f64) -> Result<f64, ConfigError> {
    if value.fract() == 0.0 {
        return Ok(value);
    }
    Err(ConfigError::value(key, format!("is {value}; use a whole number")))
}
