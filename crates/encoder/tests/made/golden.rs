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
    #[serde(flatten)]
    pub model: Model,
    /// The folder of `goldens/tokenizers` that goes with it.
    pub tokenizer: String,
    /// By section, why no reference can make it.
    pub without: BTreeMap<String, String>,
    pub hidden: Hidden,
    pub embedding: Option<Embedding>,
    pub bertscore: Option<Bertscore>,
    pub rerank: Option<Rerank>,
}

/// What a folder is made of, but for the tokenizer.
#[derive(Deserialize)]
pub struct Model {
    /// config.json.
    pub config: Value,
    /// Every weight's name and shape.
    pub weights: Vec<(String, Vec<usize>)>,
}

/// States after some layers.
#[derive(Deserialize)]
pub struct Hidden {
    /// Token ids of each text.
    pub texts: Vec<Vec<i64>>,
    /// By number of layers.
    pub states: BTreeMap<usize, Numbers>,
}

/// A vector a text.
#[derive(Deserialize)]
pub struct Embedding {
    /// As sentence-transformers calls it.
    pub pooling: String,
    pub texts: Vec<String>,
    pub vectors: Numbers,
}

/// Scores of pairs.
#[derive(Deserialize)]
pub struct Bertscore {
    pub candidates: Vec<String>,
    pub references: Vec<String>,
    pub runs: Vec<Run>,
}

/// Precision, recall and F1 of each pair.
#[derive(Deserialize)]
pub struct Run {
    pub layers: usize,
    pub idf: bool,
    pub scores: Numbers,
}

/// A score a pair, by a model of its own with a head.
#[derive(Deserialize)]
pub struct Rerank {
    #[serde(flatten)]
    pub model: Model,
    pub pairs: Vec<(String, String)>,
    pub scores: Numbers,
}

/// Float32 numbers, little-endian in base64.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub struct Numbers(pub Vec<f32>);

impl TryFrom<String> for Numbers {
    type Error = base64::DecodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = BASE64_STANDARD.decode(text)?;
        Ok(Self(bytes.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()))
    }
}

/// All architectures, by name.
pub fn all() -> Vec<Golden> {
    let entries = std::fs::read_dir(goldens().join("architectures")).unwrap();
    let mut all: Vec<Golden> = entries.map(|entry| read(&entry.unwrap().path())).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!all.is_empty());
    all
}

pub(super) fn goldens() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens")
}

fn read(path: &Path) -> Golden {
    let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
    let golden: Golden = serde_json::from_slice(&std::fs::read(path).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Golden { name, ..golden }
}
