//! modules.json: what a sentence-transformers model does after its transformer.
//!
//! Module types come in three spellings, by the release that saved the model; only their last word matters once the rest is
//! known to be the library's own. What is not supported is refused by name: leaving a module out would give vectors that
//! look right and are not.

use std::path::Path;

use serde::Deserialize;

use crate::Error;
use crate::pooling::Pooling;
use gpu_bridge_checkpoint::ModelFolder;

const SUPPORTED: &str = "Transformer, then Pooling, then an optional Normalize";

/// Where the spelling `sentence_transformers.models.X` and its successors keep their modules.
const HOMES: [&str; 3] = [
    "sentence_transformers.models.",
    "sentence_transformers.base.modules.",
    "sentence_transformers.sentence_transformer.modules.",
];

/// A model's modules.
#[derive(Debug)]
pub(crate) struct Pipeline {
    /// The folder of the transformer: config, weights and tokenizer.
    pub(crate) transformer: ModelFolder,
    pooling: Option<ModelFolder>,
    /// Whether vectors are scaled to length 1 at the end.
    pub(crate) normalize: bool,
}

#[derive(Deserialize)]
struct Entry {
    idx: usize,
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

impl Pipeline {
    /// Reads modules.json; a folder without one is a bare transformer with mean pooling, as in the reference.
    pub(crate) fn load(dir: &Path) -> Result<Self, Error> {
        let root = ModelFolder::new(dir);
        let Some(mut entries) = root.optional_json::<Vec<Entry>>("modules.json")? else {
            return Ok(Self { transformer: root, pooling: None, normalize: false });
        };
        entries.sort_by_key(|entry| entry.idx);
        let mut modules = entries.iter();
        let transformer = expect(&root, modules.next(), "Transformer")?;
        let pooling = expect(&root, modules.next(), "Pooling")?;
        let normalize = modules.next().map(|entry| expect(&root, Some(entry), "Normalize")).transpose()?;
        match modules.next() {
            Some(entry) => Err(unsupported(&root, &entry.kind)),
            None => Ok(Self { transformer, pooling: Some(pooling), normalize: normalize.is_some() }),
        }
    }

    /// The pooling for states `hidden` wide.
    pub(crate) fn pooling(&self, hidden: usize) -> Result<Pooling, Error> {
        self.pooling.as_ref().map_or_else(|| Ok(Pooling::mean()), |folder| Pooling::load(folder, hidden))
    }
}

fn expect(root: &ModelFolder, entry: Option<&Entry>, kind: &str) -> Result<ModelFolder, Error> {
    match entry {
        Some(entry) if class(&entry.kind) == Some(kind) => Ok(root.inner(&entry.path)),
        Some(entry) => Err(unsupported(root, &entry.kind)),
        None => {
            let problem = format!("It ends before a {kind} module. Fetch the model again.");
            Err(root.problem("modules.json", problem).into())
        }
    }
}

/// `Pooling` for every spelling of the library's own pooling; `None` for code of somebody else.
fn class(kind: &str) -> Option<&str> {
    HOMES.iter().find(|home| kind.starts_with(**home))?;
    kind.rsplit('.').next()
}

fn unsupported(root: &ModelFolder, kind: &str) -> Error {
    Error::UnsupportedModule {
        name: kind.to_owned(),
        path: root.path("modules.json"),
        supported: SUPPORTED.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(kinds: &[&str]) -> Result<Pipeline, Error> {
        let dir = tempfile::tempdir().unwrap();
        let entry = |(idx, kind): (usize, &&str)| serde_json::json!({"idx": idx, "name": "", "path": "", "type": kind});
        let modules: Vec<_> = kinds.iter().enumerate().map(entry).collect();
        std::fs::write(dir.path().join("modules.json"), serde_json::to_vec(&modules).unwrap()).unwrap();
        Pipeline::load(dir.path())
    }

    #[test]
    fn all_three_spellings_are_read() {
        for kinds in [
            ["models.Transformer", "models.Pooling", "models.Normalize"],
            [
                "base.modules.transformer.Transformer",
                "sentence_transformer.modules.pooling.Pooling",
                "base.modules.normalize.Normalize",
            ],
            [
                "sentence_transformer.modules.Transformer",
                "sentence_transformer.modules.Pooling",
                "sentence_transformer.modules.normalize.Normalize",
            ],
        ] {
            let kinds = kinds.map(|kind| format!("sentence_transformers.{kind}"));
            let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
            assert!(load(&kinds).unwrap().normalize);
            assert!(!load(&kinds[..2]).unwrap().normalize);
        }
    }

    #[test]
    fn what_is_not_supported_is_named() {
        let (transformer, pooling) =
            ("sentence_transformers.models.Transformer", "sentence_transformers.models.Pooling");
        for wrong in ["sentence_transformers.models.Dense", "custom_st.Normalize"] {
            let error = load(&[transformer, pooling, wrong]).unwrap_err();
            assert_eq!(error.code(), "unsupported_module");
            assert!(error.to_string().contains(wrong), "{error}");
        }
        assert!(load(&[transformer]).unwrap_err().to_string().contains("Pooling"));
        assert!(load(&[]).unwrap_err().to_string().contains("Transformer"));
    }

    #[test]
    fn no_modules_file_means_mean_pooling() {
        let dir = tempfile::tempdir().unwrap();
        let pipeline = Pipeline::load(dir.path()).unwrap();
        assert_eq!(pipeline.pooling(8).unwrap(), Pooling::mean());
        assert!(!pipeline.normalize);
    }
}
