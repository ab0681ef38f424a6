//! A BERT of two layers, eight wide, written to a folder by the test that wants to break it.

// Each test binary uses its own part; a helper may unwrap as a test may.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::collections::BTreeMap;

use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A checkpoint in memory; change what you like, then [`write`](Self::write) it.
pub struct TinyModel {
    pub config: Value,
    pub files: BTreeMap<&'static str, Value>,
    pub weights: BTreeMap<String, Weight>,
}

pub struct Weight {
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    pub bytes: Vec<u8>,
}

impl Weight {
    /// Small numbers that differ from place to place and from weight to weight.
    pub fn new(shape: &[usize], seed: usize) -> Self {
        let value = |place: usize| ((place * 37 + seed * 11) % 23) as f32 / 23.0 - 0.45;
        Self::of(shape, (0..shape.iter().product()).map(value))
    }

    pub fn of(shape: &[usize], values: impl Iterator<Item = f32>) -> Self {
        Self { dtype: Dtype::F32, shape: shape.to_vec(), bytes: values.flat_map(f32::to_le_bytes).collect() }
    }
}

impl TinyModel {
    pub fn new() -> Self {
        let config = json!({
            "model_type": "bert", "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2,
            "intermediate_size": 16, "vocab_size": 6, "max_position_embeddings": 16,
        });
        Self { config, files: tokenizer_files(), weights: weights() }
    }

    pub fn write(&self) -> TempDir {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str| dir.path().join(name);
        std::fs::write(file("config.json"), self.config.to_string()).unwrap();
        for (name, content) in &self.files {
            std::fs::create_dir_all(file(name).parent().unwrap()).unwrap();
            std::fs::write(file(name), content.to_string()).unwrap();
        }
        let views = self.weights.iter().map(|(name, weight)| {
            (name, TensorView::new(weight.dtype, weight.shape.clone(), &weight.bytes).unwrap())
        });
        std::fs::write(file("model.safetensors"), safetensors::serialize(views, None).unwrap()).unwrap();
        dir
    }

    pub fn rename(&mut self, from: &str, to: &str) {
        let weight = self.weights.remove(from).unwrap();
        self.weights.insert(to.to_owned(), weight);
    }
}

fn tokenizer_files() -> BTreeMap<&'static str, Value> {
    let words = json!({"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "cat": 3, "dog": 4, "Cat": 5});
    let special = |token: &str, id: u32| json!({"id": token, "ids": [id], "tokens": [token]});
    let piece = |token: &str| json!({"SpecialToken": {"id": token, "type_id": 0}});
    let text = json!({"Sequence": {"id": "A", "type_id": 0}});
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": {
            "strategy": {"Fixed": 10}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0,
            "pad_token": "[UNK]",
        },
        "added_tokens": [], "normalizer": null, "pre_tokenizer": {"type": "Whitespace"}, "decoder": null,
        "post_processor": {
            "type": "TemplateProcessing", "single": [piece("[CLS]"), text, piece("[SEP]")], "pair": [],
            "special_tokens": {"[CLS]": special("[CLS]", 1), "[SEP]": special("[SEP]", 2)},
        },
        "model": {"type": "WordLevel", "vocab": words, "unk_token": "[UNK]"},
    });
    let config = json!({"cls_token": "[CLS]", "sep_token": {"content": "[SEP]"}, "model_max_length": 1e30});
    BTreeMap::from([("tokenizer.json", tokenizer), ("tokenizer_config.json", config)])
}

fn weights() -> BTreeMap<String, Weight> {
    let mut shapes: Vec<(String, Vec<usize>)> = vec![
        ("embeddings.word_embeddings.weight".into(), vec![6, 8]),
        ("embeddings.position_embeddings.weight".into(), vec![16, 8]),
        ("embeddings.token_type_embeddings.weight".into(), vec![2, 8]),
    ];
    let mut pair = |name: String, weight: Vec<usize>| {
        shapes.push((format!("{name}.bias"), vec![weight[0]]));
        shapes.push((format!("{name}.weight"), weight));
    };
    pair("embeddings.LayerNorm".into(), vec![8]);
    for layer in 0..2 {
        let mut part =
            |name: &str, shape: &[usize]| pair(format!("encoder.layer.{layer}.{name}"), shape.to_vec());
        for projection in ["query", "key", "value"] {
            part(&format!("attention.self.{projection}"), &[8, 8]);
        }
        part("attention.output.dense", &[8, 8]);
        part("attention.output.LayerNorm", &[8]);
        part("intermediate.dense", &[16, 8]);
        part("output.dense", &[8, 16]);
        part("output.LayerNorm", &[8]);
    }
    shapes.into_iter().enumerate().map(|(seed, (name, shape))| (name, Weight::new(&shape, seed))).collect()
}
