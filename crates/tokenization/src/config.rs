//! The keys of a checkpoint's tokenizer files that decide what tokens a text gets. All are optional.

use gpu_bridge_checkpoint::ModelFolder;
use serde::Deserialize;

use crate::Error;

/// transformers writes 10^30 where a model sets no limit.
const NO_LIMIT: f64 = 1e9;

#[derive(Deserialize, Default)]
pub(super) struct TokenizerConfig {
    model_max_length: Option<f64>,
    pub(super) cls_token: Option<SpecialToken>,
    pub(super) sep_token: Option<SpecialToken>,
}

/// Written as a bare string or as an object with a `content`.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum SpecialToken {
    Bare(String),
    Object { content: String },
}

/// The keys sentence-transformers 6 reads of sentence_bert_config.json and that matter for text.
#[derive(Deserialize, Default)]
pub(super) struct SentenceConfig {
    pub(super) max_seq_length: Option<usize>,
    #[serde(default)]
    pub(super) do_lower_case: bool,
}

impl TokenizerConfig {
    pub(super) fn load(folder: &ModelFolder) -> Result<Self, Error> {
        Ok(folder.optional_json("tokenizer_config.json")?.unwrap_or_default())
    }

    /// Tokens the tokenizer itself allows, where it sets a limit.
    pub(super) fn own_limit(&self) -> Option<usize> {
        let limit = self.model_max_length.filter(|limit| (1.0..NO_LIMIT).contains(limit))?;
        // In range by the filter, so the conversion is exact.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Some(limit as usize)
    }
}

impl SpecialToken {
    pub(super) fn into_content(self) -> String {
        match self {
            Self::Bare(content) | Self::Object { content } => content,
        }
    }
}

impl SentenceConfig {
    pub(super) fn load(folder: &ModelFolder) -> Result<Self, Error> {
        Ok(folder.optional_json("sentence_bert_config.json")?.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_ten_to_the_thirtieth_is_none() {
        let limit =
            |value| TokenizerConfig { model_max_length: value, ..TokenizerConfig::default() }.own_limit();
        assert_eq!(limit(Some(1e30)), None);
        assert_eq!(limit(Some(512.0)), Some(512));
        assert_eq!(limit(None), None);
    }
}
