//! What a request may hold, checked before anything is sent.

use gpu_bridge_protocol::limits::MAX_TEXT_LENGTH;

use crate::config_error::ConfigError;
use crate::error::Error;
use crate::raw_config::RawLimits;
use crate::setting::count;

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct InputLimits {
    /// Texts, pairs or documents; unlimited where absent.
    max_batch_size: Option<usize>,
    /// Unicode code points a text.
    max_text_length: usize,
}

impl InputLimits {
    /// Checks what the configuration says.
    pub(crate) fn from_raw(raw: &RawLimits) -> Result<Self, ConfigError> {
        let most = raw.max_batch_size.map(|size| count("limits.maxBatchSize", size)).transpose()?;
        let longest = raw.max_text_length.map(|length| count("limits.maxTextLength", length)).transpose()?;
        Ok(Self { max_batch_size: most, max_text_length: longest.unwrap_or(MAX_TEXT_LENGTH) })
    }

    /// Checks that `name` holds something, and not too much.
    pub(crate) fn check_count(&self, name: &str, count: usize) -> Result<(), Error> {
        match self.max_batch_size {
            _ if count == 0 => Err(Error::input(format!("`{name}` is empty; give at least one text."))),
            Some(most) if count > most => Err(Error::input(format!(
                "`{name}` has {count} entries; `limits.maxBatchSize` allows {most}."
            ))),
            _ => Ok(()),
        }
    }

    /// Checks the length of one text; `at` is its place, such as `texts[3]`.
    pub(crate) fn check_text(&self, at: impl FnOnce() -> String, text: &str) -> Result<(), Error> {
        // A text never has more code points than bytes, so most need not be counted.
        if text.len() <= self.max_text_length {
            return Ok(());
        }
        match text.chars().count() {
            length if length > self.max_text_length => Err(Error::input(format!(
                "`{}` has {length} characters; at most {} are allowed (`limits.maxTextLength`).",
                at(),
                self.max_text_length
            ))),
            _ => Ok(()),
        }
    }

    /// Checks every text of a list.
    pub(crate) fn check_texts(&self, name: &str, texts: &[String]) -> Result<(), Error> {
        let mut texts = texts.iter().enumerate();
        texts.try_for_each(|(index, text)| self.check_text(|| format!("{name}[{index}]"), text))
    }
}
