//! Numbers in the configuration: within their bounds, or an error that names the key, the value and the bounds.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::config_error::ConfigError;

pub(crate) fn seconds(key: &str, value: f64, range: RangeInclusive<f64>) -> Result<Duration, ConfigError> {
    within(key, value, range).map(Duration::from_secs_f64)
}

pub(crate) fn weight(key: &str, value: f64) -> Result<f64, ConfigError> {
    whole(key, within(key, value, 1.0..=1000.0)?)
}

pub(crate) fn count(key: &str, value: f64) -> Result<usize, ConfigError> {
    whole(key, within(key, value, 1.0..=1e9)?).map(|count| count as usize)
}

pub(crate) fn within(key: &str, value: f64, range: RangeInclusive<f64>) -> Result<f64, ConfigError> {
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
