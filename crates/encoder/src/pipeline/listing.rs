//! The entries of modules.json.
//!
//! Module types come in three spellings, by the release that saved the model; only their last word matters once the rest is
//! known to be the library's own.

use std::path::{Component, Path};

use gpu_bridge_checkpoint::ModelFolder;
use serde::Deserialize;

use crate::Error;

const FILE: &str = "modules.json";

/// Where the spelling `sentence_transformers.models.X` and its successors keep their modules.
const HOMES: [&str; 3] = [
    "sentence_transformers.models.",
    "sentence_transformers.base.modules.",
    "sentence_transformers.sentence_transformer.modules.",
];

/// What every module after the pooling reads and writes here.
const VECTOR: &str = "sentence_embedding";

/// The kinds of modules there are; the variants are called like the library's classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Transformer,
    Pooling,
    Dense,
    LayerNorm,
    Normalize,
    Dropout,
}

/// One entry.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) class: Class,
    /// Its own folder.
    pub(crate) folder: ModelFolder,
    /// Its type, as modules.json has it.
    kind: String,
}

#[derive(Deserialize)]
struct Entry {
    idx: usize,
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

/// Where a module reads its input and writes its output; newer releases let a model choose.
#[derive(Deserialize, Default)]
struct Keys {
    module_input_name: Option<String>,
    module_output_name: Option<String>,
}

impl Class {
    const ALL: [Self; 6] =
        [Self::Transformer, Self::Pooling, Self::Dense, Self::LayerNorm, Self::Normalize, Self::Dropout];

    /// `Pooling` for every spelling of the library's own pooling; `None` for code of somebody else.
    fn of(kind: &str) -> Option<Self> {
        HOMES.iter().find(|home| kind.starts_with(**home))?;
        let name = kind.rsplit('.').next()?;
        Self::ALL.into_iter().find(|class| format!("{class:?}") == name)
    }

    /// Whether it takes vectors and gives vectors.
    pub(crate) fn follows_pooling(self) -> bool {
        !matches!(self, Self::Transformer | Self::Pooling)
    }
}

impl Module {
    /// The modules of the model in `root`, in their order; `None` without a modules.json. `supported` says what there may be.
    pub(crate) fn list(root: &ModelFolder, supported: &str) -> Result<Option<Vec<Self>>, Error> {
        let Some(mut entries) = root.optional_json::<Vec<Entry>>(FILE)? else { return Ok(None) };
        entries.sort_by_key(|entry| entry.idx);
        entries.into_iter().map(|entry| Self::new(root, entry, supported)).collect::<Result<_, _>>().map(Some)
    }

    fn new(root: &ModelFolder, Entry { path, kind, .. }: Entry, supported: &str) -> Result<Self, Error> {
        if !Path::new(&path).components().all(|part| matches!(part, Component::Normal(_))) {
            let problem = format!("The path `{path}` of a module leads out of the model's folder.");
            return Err(root.problem(FILE, problem).into());
        }
        match Class::of(&kind) {
            Some(class) => Ok(Self { class, folder: root.inner(&path), kind }),
            None => Err(unsupported(root, kind, supported)),
        }
    }

    /// That the module can't stand where it does.
    pub(crate) fn unsupported(&self, root: &ModelFolder, supported: &str) -> Error {
        unsupported(root, self.kind.clone(), supported)
    }

    /// That the module, one after the pooling, reads and writes the vector and nothing else.
    pub(crate) fn check_keys(&self) -> Result<(), Error> {
        let keys: Keys = self.folder.optional_json("config.json")?.unwrap_or_default();
        let named = keys.module_input_name.into_iter().chain(keys.module_output_name);
        match named.into_iter().find(|name| name != VECTOR) {
            None => Ok(()),
            Some(name) => {
                let problem = format!("A module on `{name}` is not supported; only on `{VECTOR}`.");
                Err(self.folder.problem("config.json", problem).into())
            }
        }
    }
}

fn unsupported(root: &ModelFolder, name: String, supported: &str) -> Error {
    Error::UnsupportedModule { name, path: root.path(FILE), supported: supported.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(modules: &serde_json::Value) -> Result<Vec<Module>, Error> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(FILE), modules.to_string()).unwrap();
        Module::list(&ModelFolder::new(dir.path()), "any").map(Option::unwrap)
    }

    #[test]
    fn modules_run_by_their_number() {
        let kind = |class: &str| format!("sentence_transformers.models.{class}");
        let modules = serde_json::json!([
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": kind("Pooling")},
            {"idx": 0, "name": "0", "path": "", "type": kind("Transformer")},
        ]);
        let classes: Vec<_> = list(&modules).unwrap().iter().map(|module| module.class).collect();
        assert_eq!(classes, [Class::Transformer, Class::Pooling]);
    }

    #[test]
    fn a_module_outside_the_models_folder_is_refused() {
        for path in ["../other", "/etc", "1_Dense/../../x"] {
            let module =
                serde_json::json!([{"idx": 0, "path": path, "type": "sentence_transformers.models.Dense"}]);
            let error = list(&module).unwrap_err();
            assert!(error.to_string().contains(path), "{error}");
        }
    }
}
