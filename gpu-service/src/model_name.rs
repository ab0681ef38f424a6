//! A model's name, as it may stand in a request: `NAME` or `ORG/NAME`, never a path.
//!
//! Names become folder names, so what a folder could misread (`..`, a leading dot, a separator, the `--` that the
//! Hugging Face cache puts between organisation and name) is refused here, once, for everybody.

use std::fmt;
use std::str::FromStr;

use gpu_bridge_protocol::Task;

use crate::legacy_names::adopter;

/// Longest part of a name, as on the hub.
const LONGEST: usize = 96;

/// The organisation that a bare name means in sentence-transformers.
const EMBEDDERS: &str = "sentence-transformers";
/// The organisation of the cross-encoders that come with that library.
const RERANKERS: &str = "cross-encoder";

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelName(String);

/// The name can't be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} can't be a model's name; it is `NAME` or `ORG/NAME` in letters, digits, `.`, `_` and `-`, and never a path."
)]
pub struct BadModelName(String);

impl ModelName {
    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The spelling under which a model is loaded: `sentence-transformers/NAME` and `NAME` are the same, for reranking
    /// `cross-encoder/NAME` and `NAME`, and always `FacebookAI/roberta-large` and the `roberta-large` that it was.
    pub fn canonical(&self, task: Task) -> Self {
        match self.0.split_once('/') {
            Some((organisation, name)) if home(name, task) == organisation => Self(name.to_owned()),
            _ => self.clone(),
        }
    }

    /// The spellings that name the same model, the plain one first.
    pub fn spellings(&self, task: Task) -> Vec<String> {
        let plain = self.canonical(task).0;
        if plain.contains('/') {
            vec![plain]
        } else {
            vec![plain.clone(), format!("{}/{plain}", home(&plain, task))]
        }
    }

    /// The names to ask the hub for, in this order. One without an organisation is a model of sentence-transformers first for
    /// whoever wants vectors or an order, as in that library, and last for everybody else.
    pub fn on_hub(&self, task: Task) -> Vec<String> {
        let mut names = self.spellings(task);
        match (adopter(&names[0]), task) {
            (Some(_), _) => names.truncate(1),
            (None, Task::Embed | Task::Rerank) => names.reverse(),
            (None, Task::Bertscore) => {}
        }
        names
    }
}

/// The organisation that a bare name stands for.
fn home(name: &str, task: Task) -> &'static str {
    let library = if task == Task::Rerank { RERANKERS } else { EMBEDDERS };
    adopter(name).unwrap_or(library)
}

/// `a`, `a or b`.
pub(crate) fn alternatives(names: &[String]) -> String {
    names.join(" or ")
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ModelName {
    type Err = BadModelName;

    fn from_str(text: &str) -> Result<Self, BadModelName> {
        let mut parts = text.splitn(2, '/');
        if parts.all(is_part) { Ok(Self(text.to_owned())) } else { Err(BadModelName(text.to_owned())) }
    }
}

fn is_part(part: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    part.len() <= LONGEST
        && part.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && part.chars().all(allowed)
        && !part.contains("..")
        && !part.contains("--")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_of_the_hub_are_names() {
        for name in ["all-MiniLM-L6-v2", "microsoft/deberta-xlarge-mnli", "BAAI/bge-m3", "a/b_c.d"] {
            assert_eq!(name.parse::<ModelName>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn paths_and_tricks_are_not() {
        let long = "a".repeat(LONGEST + 1);
        let bad = [
            "", "/", "a/", "/a", "a/b/c", "../a", "a/..", "a..b", ".a", "a/.b", "a b", "a\\b", "a--b", "ä",
            "a\0", &long,
        ];
        for name in bad {
            assert!(name.parse::<ModelName>().is_err(), "{name:?} was taken");
        }
    }

    #[test]
    fn a_bare_name_means_the_organisation_that_has_models_for_the_task() {
        let [bare, other] = ["x", "org/x"].map(|name| name.parse::<ModelName>().unwrap());
        for (task, home) in [
            (Task::Embed, "sentence-transformers"),
            (Task::Bertscore, "sentence-transformers"),
            (Task::Rerank, "cross-encoder"),
        ] {
            let full: ModelName = format!("{home}/x").parse().unwrap();
            assert_eq!(bare.canonical(task), full.canonical(task));
            assert_eq!(bare.spellings(task), ["x".to_owned(), format!("{home}/x")]);
            assert_eq!(bare.spellings(task), full.spellings(task));
            assert_eq!(other.spellings(task), ["org/x"]);
        }
        let embedder: ModelName = "sentence-transformers/x".parse().unwrap();
        assert_eq!(embedder.canonical(Task::Rerank), embedder);
    }

    #[test]
    fn a_legacy_name_and_its_adopters_are_the_same_model() {
        let [old, new] =
            ["roberta-large", "FacebookAI/roberta-large"].map(|n| n.parse::<ModelName>().unwrap());
        for task in [Task::Embed, Task::Rerank] {
            assert!(old.canonical(task) == old && new.canonical(task) == old);
            assert_eq!(new.spellings(task), ["roberta-large", "FacebookAI/roberta-large"]);
            for other in ["someone/roberta-large", "sentence-transformers/roberta-large", "FacebookAI/other"]
            {
                let name: ModelName = other.parse().unwrap();
                assert_eq!(name.canonical(task), name, "{other}");
            }
        }
    }

    #[test]
    fn the_hub_is_asked_for_the_name_that_the_reference_means() {
        let on_hub = |name: &str, task| name.parse::<ModelName>().unwrap().on_hub(task);
        assert_eq!(on_hub("x", Task::Embed), ["sentence-transformers/x", "x"]);
        assert_eq!(on_hub("x", Task::Rerank), ["cross-encoder/x", "x"]);
        assert_eq!(on_hub("cross-encoder/x", Task::Rerank), ["cross-encoder/x", "x"]);
        assert_eq!(on_hub("x", Task::Bertscore), ["x", "sentence-transformers/x"]);
        assert_eq!(on_hub("bert-base-uncased", Task::Embed), ["bert-base-uncased"]);
        assert_eq!(on_hub("org/x", Task::Rerank), ["org/x"]);
    }

    proptest! {
        #[test]
        fn a_name_never_climbs_out_of_its_folder(text in "[./a-zA-Z0-9_~\\\\-]{0,12}") {
            if let Ok(name) = text.parse::<ModelName>() {
                let path = std::path::Path::new(name.as_str());
                let normal = |part| matches!(part, std::path::Component::Normal(_));
                prop_assert!(path.components().all(normal) && path.components().count() <= 2);
            }
        }
    }
}
