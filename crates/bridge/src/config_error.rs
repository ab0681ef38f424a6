//! What can be wrong with a configuration.
//!
//! Messages name the key and show the value, but never one that could hold a secret.

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

    pub(crate) fn value(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Value { key: key.into(), reason: reason.into() }
    }

    /// A type or a name is wrong. The value is left out where it could hold a key or a password.
    pub(crate) fn shape(error: &serde_path_to_error::Error<serde_json::Error>) -> Self {
        let (key, reason) = (error.path().to_string(), error.inner().to_string());
        let secret = key.ends_with("apiKey") || key.ends_with("tls.key") || reason.contains('@');
        let reason = if secret { "the value has the wrong type".to_owned() } else { plain(reason) };
        Self::Shape { key, reason }
    }
}

/// What the reader says in Rust's words, and how people say it who write JSON.
const WORDS: [(&str, &str); 4] = [
    ("expected f64", "expected a number"),
    ("expected a sequence", "expected a list"),
    ("invalid type: sequence", "invalid type: a list"),
    ("invalid type: map", "invalid type: an object"),
];

fn plain(reason: String) -> String {
    WORDS.iter().fold(reason, |reason, (word, plain)| reason.replace(word, plain))
}
