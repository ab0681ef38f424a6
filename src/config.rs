//! The config crosses as JSON, so that the core's own reader names the key that is wrong.

use gpu_bridge_core::Config;

use crate::error::invalid_config;

/// Reads the config.
///
/// # Errors
/// With code `invalid_config`, when the core doesn't accept it.
pub(crate) fn read(text: &str) -> Result<Config, napi::Error<&'static str>> {
    let value = serde_json::from_str(text).map_err(|error| {
        napi::Error::new("invalid_config", format!("The config can't be read as JSON: {error}."))
    })?;
    Config::from_json(value).map_err(|error| invalid_config(&error))
}
