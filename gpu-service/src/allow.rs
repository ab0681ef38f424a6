//! Which models callers may ask for, and which may be fetched from the hub for them: names and globs from
//! `GPU_ALLOWED_MODELS`, and the defaults.
//!
//! Where nothing is set, everything on this machine is served, but only the defaults are fetched: a request that names any
//! model of the hub would otherwise fill the disk.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use gpu_bridge_protocol::Task;

use crate::model_name::ModelName;

/// See the module.
#[derive(Debug, Clone)]
pub struct Allowed {
    patterns: Vec<String>,
    set: Option<GlobSet>,
    defaults: Vec<ModelName>,
}

impl Allowed {
    /// From patterns in which `*` stays within a part of a name; none at all allows every model. The defaults are
    /// always allowed.
    ///
    /// # Errors
    /// When a pattern can't be read.
    pub fn new(patterns: &[String], defaults: &[ModelName]) -> Result<Self, globset::Error> {
        let mut builder = GlobSetBuilder::new();
        for pattern in patterns {
            builder.add(GlobBuilder::new(pattern).literal_separator(true).build()?);
        }
        let set = if patterns.is_empty() { None } else { Some(builder.build()?) };
        Ok(Self { patterns: patterns.to_vec(), set, defaults: defaults.to_vec() })
    }

    /// Whether the model may be asked for, in any of its spellings.
    pub fn allows(&self, name: &ModelName, task: Task) -> bool {
        let Some(set) = &self.set else { return true };
        self.is_default(name, task) || name.spellings(task).iter().any(|name| set.is_match(name))
    }

    /// Whether the model may be fetched from the hub because a caller asks for it.
    pub fn may_fetch(&self, name: &ModelName, task: Task) -> bool {
        self.is_default(name, task) || (self.set.is_some() && self.allows(name, task))
    }

    fn is_default(&self, name: &ModelName, task: Task) -> bool {
        let name = name.canonical(task);
        self.defaults.iter().any(|default| default.canonical(task) == name)
    }

    /// For messages.
    pub fn describe(&self) -> String {
        self.patterns.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ModelName {
        text.parse().unwrap()
    }

    fn allowed(patterns: &[&str]) -> Allowed {
        let patterns: Vec<String> = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        Allowed::new(&patterns, &[name("all-MiniLM-L6-v2")]).unwrap()
    }

    #[test]
    fn without_patterns_every_model_is_allowed() {
        assert!(allowed(&[]).allows(&name("any/thing"), Task::Embed));
    }

    #[test]
    fn names_globs_and_defaults_are_allowed_in_every_spelling() {
        let allowed = allowed(&["BAAI/*", "sentence-transformers/paraphrase-*"]);
        for good in
            ["BAAI/bge-m3", "paraphrase-x", "all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"]
        {
            assert!(allowed.allows(&name(good), Task::Embed), "{good}");
        }
        for bad in ["bge-m3", "other/BAAI", "microsoft/deberta-xlarge-mnli"] {
            assert!(!allowed.allows(&name(bad), Task::Embed), "{bad}");
        }
    }

    #[test]
    fn only_defaults_and_what_a_pattern_names_are_fetched() {
        let fetched = |patterns: &[&str], model: &str| allowed(patterns).may_fetch(&name(model), Task::Embed);
        assert!(fetched(&[], "all-MiniLM-L6-v2") && !fetched(&[], "BAAI/bge-m3"));
        assert!(fetched(&["BAAI/*"], "BAAI/bge-m3") && fetched(&["BAAI/*"], "all-MiniLM-L6-v2"));
        assert!(!fetched(&["BAAI/*"], "org/x"));
    }

    #[test]
    fn a_bare_name_is_allowed_as_what_it_means_for_the_task() {
        let allowed = allowed(&["cross-encoder/*"]);
        assert!(allowed.may_fetch(&name("x"), Task::Rerank) && !allowed.may_fetch(&name("x"), Task::Embed));
    }

    #[test]
    fn a_star_stays_within_its_part() {
        assert!(!allowed(&["*"]).allows(&name("org/x"), Task::Embed));
        assert!(allowed(&["*/*"]).allows(&name("org/x"), Task::Embed));
    }

    #[test]
    fn a_bad_pattern_is_an_error() {
        assert!(Allowed::new(&["a[".to_owned()], &[]).is_err());
    }
}
