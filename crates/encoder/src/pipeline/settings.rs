//! config_sentence_transformers.json: prompts, and how much of a vector the model's author keeps.

use std::collections::BTreeMap;

use gpu_bridge_checkpoint::ModelFolder;
use serde::Deserialize;

use crate::Error;

const FILE: &str = "config_sentence_transformers.json";

/// The names that every model of the reference knows; they mean no prompt unless the model says otherwise.
const ALWAYS: [&str; 2] = ["query", "document"];

/// The keys that this crate has a use for.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// Prompts by name, to be put in front of a text.
    pub(crate) prompts: BTreeMap<String, String>,
    /// The name of the prompt where a caller names none.
    default_prompt: Option<String>,
    /// How many leading dimensions of a vector are kept where a caller says nothing.
    pub(crate) truncate_dim: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
struct Config {
    #[serde(default)]
    prompts: BTreeMap<String, Option<String>>,
    default_prompt_name: Option<String>,
    truncate_dim: Option<usize>,
}

impl Settings {
    /// Reads the file, if there is one.
    pub(crate) fn load(folder: &ModelFolder) -> Result<Self, Error> {
        let config: Config = folder.optional_json(FILE)?.unwrap_or_default();
        let always = ALWAYS.iter().map(|name| ((*name).to_owned(), None));
        let prompts: BTreeMap<String, Option<String>> = always.chain(config.prompts).collect();
        let prompts = prompts.into_iter().map(|(name, prompt)| (name, prompt.unwrap_or_default())).collect();
        let settings =
            Self { prompts, default_prompt: config.default_prompt_name, truncate_dim: config.truncate_dim };
        match settings.problem() {
            Some(problem) => Err(folder.problem(FILE, problem).into()),
            None => Ok(settings),
        }
    }

    /// The prompt where a caller names none.
    pub(crate) fn default_prompt(&self) -> Option<&str> {
        self.prompts.get(self.default_prompt.as_ref()?).map(String::as_str)
    }

    fn problem(&self) -> Option<String> {
        let unknown = self.default_prompt.as_ref().filter(|name| !self.prompts.contains_key(*name));
        if let Some(name) = unknown {
            return Some(format!("Its default prompt `{name}` is not among its prompts."));
        }
        (self.truncate_dim == Some(0)).then(|| "A `truncate_dim` of 0 leaves no vector.".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(content: &str) -> Result<Settings, Error> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(FILE), content).unwrap();
        Settings::load(&ModelFolder::new(dir.path()))
    }

    #[test]
    fn query_and_document_are_always_prompts_and_empty_unless_said() {
        let settings =
            load(r#"{"prompts": {"query": "q: ", "passage": null}, "default_prompt_name": "query"}"#)
                .unwrap();
        let prompts: Vec<_> =
            settings.prompts.iter().map(|(name, prompt)| (name.as_str(), prompt.as_str())).collect();
        assert_eq!(prompts, [("document", ""), ("passage", ""), ("query", "q: ")]);
        assert_eq!(settings.default_prompt(), Some("q: "));
        assert_eq!(load(r#"{"prompts": {}, "default_prompt_name": null}"#).unwrap().default_prompt(), None);
    }

    #[test]
    fn what_can_not_be_followed_is_refused() {
        for (content, shown) in [
            (r#"{"default_prompt_name": "nobody"}"#, "`nobody`"),
            (r#"{"truncate_dim": 0}"#, "`truncate_dim` of 0"),
        ] {
            assert!(load(content).unwrap_err().to_string().contains(shown));
        }
        assert_eq!(load(r#"{"truncate_dim": 64}"#).unwrap().truncate_dim, Some(64));
    }
}
