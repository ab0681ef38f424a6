//! How many tokens a text may have.

use gpu_bridge_checkpoint::ModelFolder;
use serde::Deserialize;

use crate::Error;
use crate::settings::Settings;

/// transformers writes 10^30 where a model sets no limit.
const NO_LIMIT: f64 = 1e9;

/// The keys sentence-transformers 6 reads of sentence_bert_config.json and that matter for text.
#[derive(Deserialize, Default)]
pub(crate) struct SentenceConfig {
    pub(crate) max_seq_length: Option<usize>,
    #[serde(default)]
    pub(crate) do_lower_case: bool,
}

impl SentenceConfig {
    pub(crate) fn load(folder: &ModelFolder) -> Result<Self, Error> {
        Ok(folder.optional_json("sentence_bert_config.json")?.unwrap_or_default())
    }
}

/// `asked` where it is given, else the tokenizer's own limit, and never more than the model's `positions`.
///
/// # Errors
/// Where that leaves no text.
pub(crate) fn limit(
    asked: Option<usize>,
    settings: &Settings,
    positions: usize,
    folder: &ModelFolder,
) -> Result<usize, Error> {
    let own = own_limit(settings.get("model_max_length", folder)?);
    let limit = asked.or(own).map_or(positions, |limit| limit.min(positions));
    if limit < 2 {
        let problem = format!("A limit of {limit} tokens leaves no text.");
        return Err(folder.problem("tokenizer_config.json", problem).into());
    }
    Ok(limit)
}

/// Tokens the tokenizer itself allows, where it sets a limit.
fn own_limit(model_max_length: Option<f64>) -> Option<usize> {
    let limit = model_max_length.filter(|limit| (1.0..NO_LIMIT).contains(limit))?;
    // In range by the filter, so the conversion is exact.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Some(limit as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_ten_to_the_thirtieth_is_none() {
        assert_eq!(own_limit(Some(1e30)), None);
        assert_eq!(own_limit(Some(512.0)), Some(512));
        assert_eq!(own_limit(None), None);
    }
}
