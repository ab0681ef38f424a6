//! How much memory a model will take, known before it is loaded: the size of its weights, in the number format they get.
//!
//! It counts whole files, so it is rather too much than too little: layers that are cut off and heads that are left out are
//! counted. The exact size takes its place once the model is loaded.

use std::fs;
use std::path::Path;

use gpu_bridge_encoder::Dtype;
use serde_json::Value;

use crate::model_files::ModelFiles;

/// What architectures call the format of their weights, and the number of their layers.
const DTYPES: [&str; 2] = ["torch_dtype", "dtype"];
const LAYERS: [&str; 4] = ["num_hidden_layers", "n_layers", "n_layer", "num_layers"];

/// Bytes on the device of the model in `folder`. A model that can't be measured counts as nothing; loading it says why.
pub fn bytes(folder: &Path, dtype: Dtype) -> u64 {
    let Ok(files) = ModelFiles::of(folder) else { return 0 };
    let sizes = files.weights(folder).into_iter().filter_map(|file| fs::metadata(folder.join(file)).ok());
    let stored: u64 = sizes.map(|file| file.len()).sum();
    let config = config(folder, &files);
    stored / stored_width(first(&config, &DTYPES).and_then(Value::as_str)) * width(dtype)
}

/// Layers of the model in `folder`, where its configuration says it.
pub fn layers(folder: &Path) -> Option<usize> {
    let config = config(folder, &ModelFiles::of(folder).ok()?);
    first(&config, &LAYERS).and_then(Value::as_u64).and_then(|layers| layers.try_into().ok())
}

fn config(folder: &Path, files: &ModelFiles) -> Value {
    let text = fs::read(folder.join(files.config())).ok();
    text.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

fn first<'a>(config: &'a Value, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| config.get(name))
}

/// Bytes a number in the file.
fn stored_width(dtype: Option<&str>) -> u64 {
    match dtype.map(|dtype| dtype.trim_start_matches("torch.")) {
        Some("float16" | "bfloat16" | "half") => 2,
        _ => 4,
    }
}

/// Bytes a number on the device.
fn width(dtype: Dtype) -> u64 {
    if dtype == Dtype::Float32 { 4 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(config: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("config.json"), config).unwrap();
        fs::write(folder.path().join("pytorch_model.bin"), [0; 4000]).unwrap();
        fs::write(folder.path().join("tf_model.h5"), [0; 4000]).unwrap();
        folder
    }

    #[test]
    fn weights_are_counted_once_and_in_the_format_they_get() {
        let single = model("{}");
        assert_eq!(bytes(single.path(), Dtype::Float32), 4000);
        assert_eq!(bytes(single.path(), Dtype::Float16), 2000);
        let half = model(r#"{"torch_dtype": "float16"}"#);
        assert_eq!(bytes(half.path(), Dtype::Float32), 8000);
        assert_eq!(bytes(half.path(), Dtype::BFloat16), 4000);
    }

    #[test]
    fn the_number_of_layers_is_read_under_its_names() {
        for config in [r#"{"num_hidden_layers": 6}"#, r#"{"n_layers": 6}"#] {
            assert_eq!(layers(model(config).path()), Some(6), "{config}");
        }
        assert_eq!(layers(model("{}").path()), None);
    }
}
