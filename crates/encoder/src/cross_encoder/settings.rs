//! Where a cross-encoder's parts are and what its author decided, in the files of every release of sentence-transformers.
//!
//! Releases from 5.4 on write a modules.json with a single Transformer, and config_sentence_transformers.json with the
//! activation and prompts. Those before 4 wrote one key into config.json, those from 4 on another. Anything in a
//! modules.json that is not a cross-encoder's belongs to another kind of model and is passed over, as the reference does.

use std::collections::BTreeMap;
use std::path::Path;

use gpu_bridge_checkpoint::ModelFolder;
use serde::Deserialize;

use super::activation::{from_config, score_activation};
use super::score_head::ScoreActivation;
use crate::Error;
use crate::pipeline::{Class, Module};

const SAVED: &str = "config_sentence_transformers.json";
const TASK: &str = "sentence_bert_config.json";
const SUPPORTED: &str = "a single Transformer for a cross-encoder";

/// See the module.
#[derive(Debug)]
pub(super) struct Settings {
    /// The folder of config, weights and tokenizer.
    pub(super) transformer: ModelFolder,
    /// What is done to a raw output, where the model says.
    pub(super) activation: Option<ScoreActivation>,
    /// What belongs in front of the first text.
    pub(super) default_prompt: Option<String>,
}

/// The keys of config_sentence_transformers.json.
#[derive(Deserialize, Default)]
struct Saved {
    model_type: Option<String>,
    activation_fn: Option<String>,
    #[serde(default)]
    prompts: BTreeMap<String, Option<String>>,
    default_prompt_name: Option<String>,
}

#[derive(Deserialize, Default)]
struct Task {
    transformer_task: Option<String>,
}

impl Settings {
    /// Reads what there is in `dir`.
    pub(super) fn load(dir: &Path) -> Result<Self, Error> {
        let root = ModelFolder::new(dir);
        let saved: Saved = root.optional_json(SAVED)?.unwrap_or_default();
        let modules = if saved.is_cross_encoder() { Module::list(&root, SUPPORTED)? } else { None };
        let Some(modules) = modules else {
            let activation = from_config(&root)?;
            return Ok(Self { transformer: root, activation, default_prompt: None });
        };
        let transformer = only_transformer(&root, modules)?;
        let activation = match &saved.activation_fn {
            Some(class) => Some(score_activation(&root, SAVED, class)?),
            None => from_config(&transformer)?,
        };
        Ok(Self { transformer, activation, default_prompt: saved.default_prompt(&root)? })
    }
}

impl Saved {
    fn is_cross_encoder(&self) -> bool {
        self.model_type.as_deref() == Some("CrossEncoder")
    }

    fn default_prompt(mut self, root: &ModelFolder) -> Result<Option<String>, Error> {
        let Some(name) = self.default_prompt_name else { return Ok(None) };
        match self.prompts.remove(&name) {
            Some(prompt) => Ok(prompt.filter(|prompt| !prompt.is_empty())),
            None => {
                let problem = format!("Its default prompt `{name}` is not among its prompts.");
                Err(root.problem(SAVED, problem).into())
            }
        }
    }
}

fn only_transformer(root: &ModelFolder, modules: Vec<Module>) -> Result<ModelFolder, Error> {
    let mut numbered = modules.iter().enumerate();
    let wrong = numbered.find(|(index, module)| *index > 0 || module.class != Class::Transformer);
    if let Some((_, module)) = wrong {
        return Err(module.unsupported(root, SUPPORTED));
    }
    let nothing = || root.problem("modules.json", "It lists no module. Fetch the model again.");
    scoring(modules.into_iter().next().ok_or_else(nothing)?.folder)
}

/// That the transformer was saved with its head.
fn scoring(folder: ModelFolder) -> Result<ModelFolder, Error> {
    let task: Task = folder.optional_json(TASK)?.unwrap_or_default();
    match task.transformer_task.as_deref() {
        None | Some("sequence-classification") => Ok(folder),
        Some(other) => {
            let problem = format!(
                "The task `{other}` is not supported for a cross-encoder; only sequence-classification."
            );
            Err(folder.problem(TASK, problem).into())
        }
    }
}
