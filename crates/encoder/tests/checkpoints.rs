//! What a checkpoint may look like, and the errors of those that are broken.

#![allow(clippy::unwrap_used)] // The helpers here are part of the tests.

mod fixtures;
mod tiny;

use std::path::Path;

use fixtures::{distance, embed};
use gpu_bridge_encoder::{BertScorer, Device, Dtype, Embedder, Error, arch};
use serde_json::json;
use tiny::{TinyModel, Weight};

fn load(dir: &Path) -> Result<Embedder, Error> {
    Embedder::load(dir, Device::Cpu, Dtype::Float32)
}

/// The error of a model that must not load, with its code checked.
fn refused(model: &TinyModel, code: &str) -> String {
    let error = load(model.write().path()).err().unwrap();
    assert_eq!(error.code(), code, "{error}");
    error.to_string()
}

fn vector(model: &TinyModel) -> Vec<f32> {
    embed(&load(model.write().path()).unwrap(), &["cat dog cat"]).unwrap().remove(0)
}

#[test]
fn a_bare_transformer_is_pooled_by_its_mean() {
    let embedder = load(TinyModel::new().write().path()).unwrap();
    assert_eq!((embedder.facts().dimensions, embedder.facts().max_seq_length), (8, 16));
    assert!(embedder.prompts().values().all(String::is_empty) && embedder.default_prompt().is_none());
    assert_eq!(embedder.tokenizer().encode("cat dog").unwrap().ids, [1, 3, 4, 2]);
    assert_eq!(embed(&embedder, &["cat", "", "dog cat"]).unwrap().len(), 3);
}

#[test]
fn old_names_prefixes_and_heads_give_the_same_model() {
    let plain = TinyModel::new();
    let mut old = TinyModel::new();
    for name in plain.weights.keys() {
        let renamed =
            name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
        old.rename(name, &format!("bert.{renamed}"));
    }
    for head in ["cls.predictions.bias", "bert.pooler.dense.weight", "classifier.weight", "qa_outputs.bias"] {
        old.weights.insert(head.to_owned(), Weight::new(&[3], 1));
    }
    old.weights.insert("bert.embeddings.position_ids".to_owned(), Weight::new(&[1, 16], 1));
    assert_eq!(distance(&vector(&plain), &vector(&old)), 0.0);
}

#[test]
fn a_missing_weight_is_named() {
    let mut model = TinyModel::new();
    model.weights.remove("encoder.layer.1.output.dense.bias");
    let message = refused(&model, "invalid_weights");
    assert!(message.contains("`encoder.layer.1.output.dense.bias` is missing"), "{message}");
}

#[test]
fn a_weight_without_a_place_is_named() {
    for extra in ["encoder.layer.2.output.dense.bias", "adapter.weight"] {
        let mut model = TinyModel::new();
        model.weights.insert(extra.to_owned(), Weight::new(&[8], 0));
        let message = refused(&model, "invalid_weights");
        assert!(message.contains(&format!("`{extra}`")), "{message}");
    }
    let mut twice = TinyModel::new();
    twice.weights.insert("embeddings.LayerNorm.gamma".to_owned(), Weight::new(&[8], 0));
    assert!(refused(&twice, "invalid_weights").contains("embeddings.LayerNorm"));
}

#[test]
fn a_misshaped_weight_is_named_with_both_shapes() {
    let mut model = TinyModel::new();
    model.weights.insert("encoder.layer.0.intermediate.dense.weight".to_owned(), Weight::new(&[8, 16], 0));
    let message = refused(&model, "invalid_weights");
    for part in ["encoder.layer.0.intermediate.dense.weight", "[8, 16]", "[16, 8]"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_cut_file_is_damaged_and_a_quantised_one_is_not_for_us() {
    let dir = TinyModel::new().write();
    let path = dir.path().join("model.safetensors");
    let whole = std::fs::read(&path).unwrap();
    for length in [0, 7, 100, whole.len() - 1] {
        std::fs::write(&path, &whole[..length]).unwrap();
        let error = load(dir.path()).err().unwrap();
        assert_eq!(error.code(), "invalid_model", "{length} bytes: {error}");
        assert!(error.to_string().contains("model.safetensors"), "{error}");
    }
    let mut model = TinyModel::new();
    let weight = model.weights.get_mut("embeddings.word_embeddings.weight").unwrap();
    (weight.dtype, weight.bytes) = (safetensors::Dtype::I8, vec![0; 48]);
    assert!(refused(&model, "invalid_model").contains("embeddings.word_embeddings.weight"));
}

#[test]
fn weights_in_another_format_are_said_to_be() {
    let dir = TinyModel::new().write();
    std::fs::remove_file(dir.path().join("model.safetensors")).unwrap();
    assert!(load(dir.path()).err().unwrap().to_string().contains("looked for model.safetensors"));
    std::fs::write(dir.path().join("tf_model.h5"), b"").unwrap();
    assert!(load(dir.path()).err().unwrap().to_string().contains("found only tf_model.h5"));
}

/// The tiny model with the weights that transformers saved as `form`.
fn with_weights_of(form: &str) -> Embedder {
    let dir = TinyModel::new().write();
    std::fs::remove_file(dir.path().join("model.safetensors")).unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens/checkpoints/bert").join(form);
    for file in std::fs::read_dir(source).unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), dir.path().join(file.file_name())).unwrap();
    }
    load(dir.path()).unwrap()
}

#[test]
fn a_model_is_the_same_in_every_format() {
    let texts = ["cat dog cat", "dog", "Cat cat"];
    let first = with_weights_of("safetensors");
    let vectors = embed(&first, &texts).unwrap();
    for form in ["safetensors_shards", "bin", "bin_shards", "legacy"] {
        let other = with_weights_of(form);
        assert_eq!(embed(&other, &texts).unwrap(), vectors, "{form}");
        assert_eq!(other.facts().fingerprint, first.facts().fingerprint, "{form}");
    }
}

#[test]
fn half_precision_weights_are_widened_exactly() {
    for dtype in ["float16", "bfloat16"] {
        let [half, widened] = ["", "_widened"].map(|suffix| with_weights_of(&format!("{dtype}{suffix}")));
        assert_eq!(embed(&half, &["cat dog"]).unwrap(), embed(&widened, &["cat dog"]).unwrap(), "{dtype}");
        assert_eq!(half.facts().memory_bytes, widened.facts().memory_bytes);
        assert_ne!(half.facts().fingerprint, widened.facts().fingerprint);
    }
}

#[test]
fn an_unknown_architecture_is_answered_with_the_known_ones() {
    let mut model = TinyModel::new();
    model.config["model_type"] = json!("mamba");
    let message = refused(&model, "unsupported_architecture");
    assert!(message.contains("mamba") && arch::supported().all(|name| message.contains(name)), "{message}");
    model.config = json!({});
    assert!(refused(&model, "unsupported_architecture").contains("unnamed"));
}

#[test]
fn a_config_nobody_can_follow_is_refused_with_the_value() {
    for (key, value, shown) in [
        ("hidden_act", json!("mish"), "mish"),
        ("position_embedding_type", json!("relative_key"), "relative_key"),
        ("num_attention_heads", json!(3), "3 heads"),
        ("num_attention_heads", json!(0), "0 heads"),
    ] {
        let mut model = TinyModel::new();
        model.config[key] = value;
        let message = refused(&model, "invalid_model");
        assert!(message.contains(shown) && message.contains("config.json"), "{message}");
    }
    let mut model = TinyModel::new();
    model.config["hidden_size"] = json!("wide");
    assert!(refused(&model, "invalid_model").contains("config.json"));
}

#[test]
fn a_pooling_of_another_width_is_refused() {
    let mut model = TinyModel::new();
    let module = |idx: usize, path: &str, kind: &str| json!({"idx": idx, "name": "", "path": path, "type": format!("sentence_transformers.models.{kind}")});
    model
        .files
        .insert("modules.json", json!([module(0, "", "Transformer"), module(1, "1_Pooling", "Pooling")]));
    model.files.insert("1_Pooling/config.json", json!({"word_embedding_dimension": 9}));
    let message = refused(&model, "invalid_model");
    assert!(message.contains("9 wide") && message.contains("are 8"), "{message}");
}

#[test]
fn numbers_that_are_not_finite_never_leave_the_model() {
    let mut model = TinyModel::new();
    let nan_for_dog = (0..48).map(|place| if place / 8 == 4 { f32::NAN } else { 0.1 * place as f32 });
    model.weights.insert("embeddings.word_embeddings.weight".to_owned(), Weight::of(&[6, 8], nan_for_dog));
    let embedder = load(model.write().path()).unwrap();
    let error = embed(&embedder, &["cat cat cat", "dog", "cat"]).unwrap_err();
    assert_eq!(error.code(), "non_finite_output");
    assert!(error.to_string().contains("text 1"), "{error}");
    assert_eq!(embed(&embedder, &["cat"]).unwrap().len(), 1);
}

#[test]
fn a_scorer_never_reads_the_layers_it_cuts_off() {
    let mut model = TinyModel::new();
    model.weights.retain(|name, _| !name.starts_with("encoder.layer.1."));
    let dir = model.write();
    assert!(load(dir.path()).is_err());
    let scorer = BertScorer::load(dir.path(), Some(1), "tiny", Device::Cpu, Dtype::Float32).unwrap();
    assert_eq!(scorer.num_layers(), 1);
}

#[test]
fn sentence_bert_config_limits_and_lower_cases() {
    let mut model = TinyModel::new();
    model.files.insert("sentence_bert_config.json", json!({"max_seq_length": 4, "do_lower_case": true}));
    let tokenizer = load(model.write().path()).unwrap().tokenizer();
    let tokens = tokenizer.encode("Cat cat dog").unwrap();
    assert_eq!((tokens.ids, tokens.truncated), (vec![1, 3, 3, 2], true));
    model.files.insert("sentence_bert_config.json", json!({"max_seq_length": 1}));
    assert!(refused(&model, "invalid_model").contains("limit of 1 token"));
}

#[test]
fn prompts_are_read_and_a_default_that_is_none_of_them_is_refused() {
    let mut model = TinyModel::new();
    let file = "config_sentence_transformers.json";
    model.files.insert(file, json!({"prompts": {"query": "cat "}, "default_prompt_name": "query"}));
    let embedder = load(model.write().path()).unwrap();
    assert_eq!(embedder.default_prompt(), Some("cat "));
    let tokens = embedder.tokenizer().encode_with_prompt("cat ", "dog").unwrap();
    assert_eq!((tokens.ids, tokens.prompt), (vec![1, 3, 4, 2], 2));
    model.files.insert(file, json!({"prompts": {}, "default_prompt_name": "passage"}));
    assert!(refused(&model, "invalid_model").contains("`passage`"));
}

#[test]
fn a_device_that_is_not_there_is_said_before_anything_is_read() {
    let error = Embedder::load(Path::new("/nowhere"), Device::Cuda(77), Dtype::Float32).err().unwrap();
    assert_eq!(error.code(), "device_unavailable");
}
