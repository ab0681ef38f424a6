//! `goldens/architectures/NAME.json`: a small model and what the references make of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::Value;

/// One architecture's file.
#[derive(Deserialize)]
pub struct Golden {
    #[serde(skip)]
    pub name: String,
    /// config.json.
    pub config: Value,
    /// The folder of `goldens/tokenizers` that goes with it.
    pub tokenizer: String,
    /// Every weight's name and shape.
    pub weights: Vec<(String, Vec<usize>)>,
    pub hidden: Hidden,
}

/// States after some layers.
#[derive(Deserialize)]
pub struct Hidden {
    /// Token ids of each text.
    pub texts: Vec<Vec<i64>>,
    /// By number of layers.
    pub states: BTreeMap<usize, States>,
}

/// Float32 numbers, little-endian in base64.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub struct States(pub Vec<f32>);

impl TryFrom<String> for States {
    type Error = base64::DecodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = BASE64_STANDARD.decode(text)?;
        Ok(Self(bytes.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()))
    }
}

/// All architectures, by name.
pub fn all() -> Vec<Golden> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths.iter().map(|path| read(path)).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens/architectures")
}

fn read(path: &Path) -> Golden {
    let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
    let golden: Golden = serde_json::from_slice(&std::fs::read(path).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Golden { name, ..golden }
}
