//! A golden's model as a folder on disk, as `goldens/made_folder.py` writes it too.

use std::path::Path;

use ::safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::golden::{Golden, Model, goldens};
use super::weights::made;

/// Tokens that each model takes; `POSITIONS` of `goldens/architectures.py`.
pub const POSITIONS: usize = 40;

/// Ids that each model knows; `VOCABULARY` of `goldens/architectures.py`.
pub const VOCABULARY: i64 = 640;

/// Width of each model's states.
pub const WIDTH: usize = 32;

/// Writes the golden's body: config.json, model.safetensors and the tokenizer.
pub fn write(golden: &Golden) -> TempDir {
    write_with_tokenizer(&golden.model, &golden.tokenizer)
}

/// Writes config.json, model.safetensors and the files of the tokenizer called `tokenizer`.
pub fn write_with_tokenizer(model: &Model, tokenizer: &str) -> TempDir {
    let dir = write_model(&model.config, &model.weights);
    let file = |name: &str| dir.path().join(name);
    let source = goldens().join("tokenizers").join(tokenizer);
    copy_files(&source, dir.path());
    std::fs::copy(source.join("fast/tokenizer.json"), file("tokenizer.json")).unwrap();
    limit(&file("tokenizer_config.json"));
    dir
}

/// Writes `config` as config.json and makes model.safetensors of the weights' names and shapes.
pub fn write_model(config: &Value, weights: &[(String, Vec<usize>)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("config.json"), config.to_string()).unwrap();
    std::fs::write(dir.path().join("model.safetensors"), safetensors(weights)).unwrap();
    dir
}

/// Adds modules.json with a pooling.
pub fn pool(dir: &Path, mode: &str) {
    let module = |idx: usize, path: &str, kind: &str| json!({"idx": idx, "name": "", "path": path, "type": format!("sentence_transformers.models.{kind}")});
    let modules = json!([module(0, "", "Transformer"), module(1, "1_Pooling", "Pooling")]);
    let config = json!({"embedding_dimension": WIDTH, "pooling_mode": mode});
    std::fs::create_dir(dir.join("1_Pooling")).unwrap();
    std::fs::write(dir.join("1_Pooling/config.json"), config.to_string()).unwrap();
    std::fs::write(dir.join("modules.json"), modules.to_string()).unwrap();
}

fn copy_files(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// Lets the tokenizer cut where the model ends.
fn limit(path: &Path) {
    let mut config: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    config["model_max_length"] = POSITIONS.into();
    std::fs::write(path, config.to_string()).unwrap();
}

fn safetensors(weights: &[(String, Vec<usize>)]) -> Vec<u8> {
    let bytes = |(name, shape): &(String, Vec<usize>)| -> Vec<u8> {
        made(name, shape).into_iter().flat_map(f32::to_le_bytes).collect()
    };
    let data: Vec<Vec<u8>> = weights.iter().map(bytes).collect();
    let views = weights
        .iter()
        .zip(&data)
        .map(|((name, shape), data)| (name, TensorView::new(Dtype::F32, shape.clone(), data).unwrap()));
    ::safetensors::serialize(views, None).unwrap()
}
