//! A golden's model as a folder on disk.

use safetensors::tensor::{Dtype, TensorView};
use serde_json::Value;
use tempfile::TempDir;

use super::golden::Golden;
use super::weights::made;

/// Writes config.json and model.safetensors.
pub fn write(golden: &Golden) -> TempDir {
    write_model(&golden.config, &golden.weights)
}

/// Writes `config` as config.json and makes model.safetensors of the weights' names and shapes.
pub fn write_model(config: &Value, weights: &[(String, Vec<usize>)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("config.json"), config.to_string()).unwrap();
    let bytes = |(name, shape): &(String, Vec<usize>)| -> Vec<u8> {
        made(name, shape).into_iter().flat_map(f32::to_le_bytes).collect()
    };
    let data: Vec<Vec<u8>> = weights.iter().map(bytes).collect();
    let views = weights
        .iter()
        .zip(&data)
        .map(|((name, shape), data)| (name, TensorView::new(Dtype::F32, shape.clone(), data).unwrap()));
    let bytes = safetensors::serialize(views, None).unwrap();
    std::fs::write(dir.path().join("model.safetensors"), bytes).unwrap();
    dir
}
