//! The checked-in tokenizers and what the references made of odd texts with them (goldens/make_tokenizers.py).

#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gpu_bridge_checkpoint::ModelFolder;
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Deserialize)]
pub struct Golden<T> {
    pub limit: usize,
    pub texts: Vec<String>,
    pub pairs: Vec<(String, String)>,
    pub families: BTreeMap<String, T>,
}

/// Whole, and cut to the golden's limit.
#[derive(Deserialize)]
pub struct Singles {
    pub single: Vec<Vec<i64>>,
    pub cut: Vec<Vec<i64>>,
}

/// With the number of tokens whose type is 1.
#[derive(Deserialize)]
pub struct Pairs {
    pub pairs: Vec<Vec<i64>>,
    pub types: Vec<usize>,
    pub cut_pairs: Vec<Vec<i64>>,
    pub cut_types: Vec<usize>,
}

#[derive(Deserialize)]
pub struct Both {
    #[serde(flatten)]
    pub singles: Singles,
    #[serde(flatten)]
    pub pairs: Pairs,
}

pub fn golden<T: DeserializeOwned>(name: &str) -> T {
    let bytes = std::fs::read(goldens().join(name)).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

/// The vocabulary files of `family`.
pub fn raw(family: &str) -> ModelFolder {
    ModelFolder::new(&folder(family))
}

/// The tokenizer.json of `family`.
pub fn fast(family: &str) -> ModelFolder {
    ModelFolder::new(&folder(family).join("fast"))
}

pub fn folder(family: &str) -> PathBuf {
    goldens().join("tokenizers").join(family)
}

fn goldens() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens")
}
