//! The small cross-encoders of `goldens/cross_encoders`, written to a folder that a service serves them from.

// A helper may unwrap as a test may.
#![allow(unreachable_pub, clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, TensorView};
use serde::Deserialize;
use serde_json::Value;

// The encoder's own tests make the same weights; a formula stands in one place.
#[path = "../../../crates/encoder/tests/made/weights.rs"]
mod weights;

/// A model and what the reference makes of pairs with it.
#[derive(Deserialize)]
pub struct CrossEncoder {
    config: Value,
    tokenizer: String,
    weights: Vec<(String, Vec<usize>)>,
    pub pairs: Vec<(String, String)>,
    pub ids: Vec<Vec<i64>>,
    /// One number a pair, or a list of one a label.
    pub scores: Vec<Value>,
    pub logits: Vec<Value>,
}

impl CrossEncoder {
    pub fn read(name: &str) -> Self {
        let path = goldens().join(format!("cross_encoders/{name}.json"));
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    /// Writes the model to `folder`/`name`.
    pub fn write(&self, folder: &Path, name: &str) {
        let place = folder.join(name);
        std::fs::create_dir_all(&place).unwrap();
        std::fs::write(place.join("config.json"), self.config.to_string()).unwrap();
        std::fs::write(place.join("model.safetensors"), self.weights()).unwrap();
        let files =
            std::fs::read_dir(goldens().join("tokenizers").join(&self.tokenizer).join("fast")).unwrap();
        for file in files.map(|file| file.unwrap().path()) {
            std::fs::copy(&file, place.join(file.file_name().unwrap())).unwrap();
        }
    }

    /// The model's files by name, as a hub has them.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let folder = tempfile::tempdir().unwrap();
        self.write(folder.path(), "model");
        let entries = std::fs::read_dir(folder.path().join("model")).unwrap().map(|entry| entry.unwrap());
        let file = |entry: std::fs::DirEntry| {
            (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())
        };
        entries.map(file).collect()
    }

    fn weights(&self) -> Vec<u8> {
        let bytes = |(name, shape): &(String, Vec<usize>)| -> Vec<u8> {
            weights::made(name, shape).into_iter().flat_map(f32::to_le_bytes).collect()
        };
        let data: Vec<Vec<u8>> = self.weights.iter().map(bytes).collect();
        let views = self.weights.iter().zip(&data);
        let views = views
            .map(|((name, shape), data)| (name, TensorView::new(Dtype::F32, shape.clone(), data).unwrap()));
        safetensors::serialize(views, None).unwrap()
    }
}

fn goldens() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../goldens")
}
