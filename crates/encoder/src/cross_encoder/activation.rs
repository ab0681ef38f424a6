//! Which activation a model's files ask for: torch.nn's sigmoid or none, and no other.

use gpu_bridge_checkpoint::ModelFolder;
use serde::Deserialize;

use super::score_head::ScoreActivation;
use crate::arch::Activation;
use crate::{Error, torch_class};

const CONFIG: &str = "config.json";

/// The keys of config.json.
#[derive(Deserialize)]
struct Config {
    sentence_transformers: Option<Own>,
    sbert_ce_default_activation_function: Option<String>,
}

#[derive(Deserialize)]
struct Own {
    activation_fn: Option<String>,
}

/// The activation by config.json, the newer key first.
pub(super) fn from_config(folder: &ModelFolder) -> Result<Option<ScoreActivation>, Error> {
    let config: Config = folder.json(CONFIG)?;
    let newer = config.sentence_transformers.and_then(|own| own.activation_fn);
    let class = newer.or(config.sbert_ce_default_activation_function);
    class.map(|class| score_activation(folder, CONFIG, &class)).transpose()
}

/// The activation of a class that `file` names.
pub(super) fn score_activation(
    folder: &ModelFolder,
    file: &str,
    class: &str,
) -> Result<ScoreActivation, Error> {
    match torch_class::activation(class) {
        Ok(Activation::Sigmoid) => Ok(ScoreActivation::Sigmoid),
        Ok(Activation::Identity) => Ok(ScoreActivation::Identity),
        _ => {
            let problem = format!(
                "The activation `{class}` is not supported for scores; only torch.nn's Sigmoid and Identity."
            );
            Err(folder.problem(file, problem).into())
        }
    }
}
