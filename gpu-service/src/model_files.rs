//! Which files make a model: what is fetched from the hub, and what a folder must hold to count as whole.
//!
//! A repository on the hub holds the same weights in many formats. Wanted are the configuration, the tokenizer, the folders
//! that modules.json names and one copy of the weights: safetensors, else PyTorch's. Everything else (ONNX, OpenVINO,
//! TensorFlow, Flax, pictures, texts) stays where it is. Folder names come from strangers and are checked here.

mod weight_files;
mod whole;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path};

use gpu_bridge_encoder::TOKENIZER_FILES;
use serde::Deserialize;

pub use self::whole::{is_model, is_whole};

use self::weight_files::weights;

/// The file that lists a model's modules.
pub const MODULES: &str = "modules.json";
/// The file that every transformer has.
const CONFIG: &str = "config.json";

/// Configuration; the tokenizer's files are [`TOKENIZER_FILES`].
const SMALL: [&str; 3] = [CONFIG, MODULES, "config_sentence_transformers.json"];

/// The folders of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFiles {
    /// The transformer's; the model's own folder is the empty name.
    transformer: String,
    folders: BTreeSet<String>,
}

/// Why files make no model: the rest of a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoModel {
    /// A file that every model has is missing.
    #[error("has no {0}")]
    Lacks(String),
    /// modules.json can't be followed.
    #[error("has a modules.json that can't be followed: {0}")]
    Modules(String),
}

#[derive(Deserialize)]
struct Module {
    path: String,
}

impl ModelFiles {
    /// As modules.json says; a model without one is a bare transformer.
    ///
    /// # Errors
    /// When it isn't what it should be or names a folder outside the model.
    pub fn new(modules: Option<&[u8]>) -> Result<Self, NoModel> {
        let bad = |error: serde_json::Error| NoModel::Modules(error.to_string());
        let modules: Vec<Module> =
            modules.map(serde_json::from_slice).transpose().map_err(bad)?.unwrap_or_default();
        let paths: Vec<String> =
            modules.iter().map(|module| inner_folder(&module.path)).collect::<Result<_, _>>()?;
        let transformer = paths.first().cloned().unwrap_or_default();
        Ok(Self { transformer, folders: paths.into_iter().chain([String::new()]).collect() })
    }

    /// The model in `folder`, by its own modules.json.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of(folder: &Path) -> Result<Self, NoModel> {
        Self::new(fs::read(folder.join(MODULES)).ok().as_deref())
    }

    /// Those of `listing` that make the model, in its order.
    ///
    /// # Errors
    /// When there is no configuration or no weights among them.
    pub fn wanted(&self, listing: &[String]) -> Result<Vec<String>, NoModel> {
        let listed: BTreeSet<&str> = listing.iter().map(String::as_str).collect();
        let config = in_folder(&self.transformer, CONFIG);
        if !listed.contains(config.as_str()) {
            return Err(NoModel::Lacks(config));
        }
        if weights(&listed, &self.transformer).is_none() {
            let name = in_folder(&self.transformer, "model.safetensors");
            return Err(NoModel::Lacks(format!("{name} and no pytorch_model.bin")));
        }
        let weights: Vec<&str> =
            self.folders.iter().filter_map(|folder| weights(&listed, folder)).flatten().collect();
        let wanted = |file: &&String| self.is_small(file) || weights.contains(&file.as_str());
        Ok(listing.iter().filter(wanted).cloned().collect())
    }

    /// Paths of the weights files that are in `folder`, which is the model's own.
    pub fn weights(&self, folder: &Path) -> Vec<String> {
        let listing = self.listing(folder);
        let listed: BTreeSet<&str> = listing.iter().map(String::as_str).collect();
        let all = self.folders.iter().filter_map(|inner| weights(&listed, inner)).flatten();
        all.filter(|file| !file.ends_with(".json")).map(str::to_owned).collect()
    }

    /// The transformer's configuration, below the model's folder.
    pub fn config(&self) -> String {
        in_folder(&self.transformer, CONFIG)
    }

    fn is_small(&self, file: &str) -> bool {
        let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
        let sentences = name.starts_with("sentence_") && name.ends_with("_config.json");
        self.folders.contains(folder)
            && (sentences || SMALL.contains(&name) || TOKENIZER_FILES.contains(&name))
    }

    /// The files that are in `folder` and in the folders of the modules.
    fn listing(&self, folder: &Path) -> Vec<String> {
        let files = |inner: &String| {
            let entries = fs::read_dir(folder.join(inner)).into_iter().flatten().flatten();
            let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
            names.map(|name| in_folder(inner, &name)).collect::<Vec<_>>()
        };
        self.folders.iter().flat_map(files).filter(|file| folder.join(file).is_file()).collect()
    }
}

fn in_folder(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// A folder inside the model's: names only, no way up or out.
fn inner_folder(path: &str) -> Result<String, NoModel> {
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    let path = path.trim_end_matches('/');
    if path.contains('\\') || !Path::new(path).components().all(plain) {
        return Err(NoModel::Modules(format!("{path:?} is no folder of the model")));
    }
    Ok(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(files: &[&str]) -> Vec<String> {
        files.iter().map(|file| (*file).to_owned()).collect()
    }

    fn wanted(modules: Option<&str>, files: &[&str]) -> Result<Vec<String>, NoModel> {
        ModelFiles::new(modules.map(str::as_bytes))?.wanted(&names(files))
    }

    #[test]
    fn one_copy_of_the_weights_is_wanted_and_nothing_that_is_of_no_use() {
        let listing = [
            ".gitattributes",
            "README.md",
            "config.json",
            "flax_model.msgpack",
            "model.safetensors",
            "onnx/config.json",
            "onnx/model.onnx",
            "openvino/openvino_model.bin",
            "pytorch_model.bin",
            "rust_model.ot",
            "tf_model.h5",
            "tokenizer.json",
            "train_script.py",
            "vocab.txt",
        ];
        let expected = names(&["config.json", "model.safetensors", "tokenizer.json", "vocab.txt"]);
        assert_eq!(wanted(None, &listing).unwrap(), expected);
    }

    #[test]
    fn folders_of_modules_are_wanted_with_their_own_weights() {
        let modules = r#"[{"path":"","type":"x.Transformer"},{"path":"1_Pooling"},{"path":"2_Dense"}]"#;
        let listing = [
            "1_Pooling/config.json",
            "2_Dense/config.json",
            "2_Dense/model.safetensors",
            "2_Dense/pytorch_model.bin",
            "3_Other/config.json",
            "config.json",
            "config_sentence_transformers.json",
            "modules.json",
            "pytorch_model.bin",
            "sentence_bert_config.json",
        ];
        let wanted = wanted(Some(modules), &listing).unwrap();
        let left = ["2_Dense/pytorch_model.bin", "3_Other/config.json"];
        assert_eq!(wanted, names(&listing.iter().copied().filter(|f| !left.contains(f)).collect::<Vec<_>>()));
    }

    #[test]
    fn an_index_comes_with_its_shards_and_safetensors_before_bin() {
        let shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
        let listing = [
            "config.json",
            "model.safetensors.index.json",
            shards[0],
            shards[1],
            "model-extra.safetensors",
            "pytorch_model.bin",
        ];
        assert_eq!(
            wanted(None, &listing).unwrap(),
            names(&["config.json", "model.safetensors.index.json", shards[0], shards[1]])
        );
    }

    #[test]
    fn without_config_or_weights_it_is_no_model_and_no_folder_leads_out() {
        assert_eq!(wanted(None, &["model.safetensors"]).unwrap_err().to_string(), "has no config.json");
        assert!(wanted(None, &["config.json"]).unwrap_err().to_string().contains("pytorch_model.bin"));
        for path in ["../x", "/etc", "a/../../b", "a\\b"] {
            let modules = serde_json::json!([{ "path": path }]).to_string();
            assert!(ModelFiles::new(Some(modules.as_bytes())).is_err(), "{path}");
        }
    }
}
