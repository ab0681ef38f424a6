//! Vectors of the real all-MiniLM-L6-v2 equal those of sentence-transformers.

#![allow(clippy::unwrap_used)] // The helpers here are part of the tests.

mod fixtures;

use std::path::Path;

use fixtures::{PARITY, bare_minilm, distance, embed, embed_tokens, golden, minilm};
use gpu_bridge_encoder::{Device, Dtype, Embedder};
use serde::Deserialize;

#[derive(Deserialize)]
struct Goldens {
    texts: Vec<String>,
    embeddings: Vec<Vec<f32>>,
    pooling: PoolingGoldens,
}

#[derive(Deserialize)]
struct PoolingGoldens {
    texts: Vec<String>,
    prompt: String,
    every_mode: Vec<Vec<f32>>,
    without_prompt: Vec<Vec<f32>>,
}

fn load(dir: &Path) -> Embedder {
    Embedder::load(dir, Device::Cpu, Dtype::Float32).unwrap()
}

#[test]
fn every_text_equals_the_reference_in_one_batch_and_alone() {
    let goldens: Goldens = golden("minilm_embeddings.json");
    let embedder = load(&minilm());
    let texts: Vec<&str> = goldens.texts.iter().map(String::as_str).collect();
    let together = embed(&embedder, &texts).unwrap();
    for ((text, expected), vector) in texts.iter().zip(&goldens.embeddings).zip(&together) {
        assert!(distance(vector, expected) <= PARITY, "{text:?} in a batch: {}", distance(vector, expected));
        let alone = &embed(&embedder, &[text]).unwrap()[0];
        assert!(distance(alone, expected) <= PARITY, "{text:?} alone: {}", distance(alone, expected));
    }
}

#[test]
fn the_limit_is_the_models_and_not_the_tokenizers() {
    let embedder = load(&minilm());
    assert_eq!(embedder.facts().max_seq_length, 256);
    let tokenizer = embedder.tokenizer();
    let long = tokenizer.encode(&"grape ".repeat(300)).unwrap();
    assert_eq!((long.len(), long.truncated), (256, true));
    let fits = tokenizer.encode(&"grape ".repeat(254)).unwrap();
    assert_eq!((fits.len(), fits.truncated), (256, false));
    assert_eq!(tokenizer.encode("grape").unwrap().len(), 3);
}

#[test]
fn facts_describe_the_model_and_tell_dtypes_apart() {
    let (float, brain) = (load(&minilm()), Embedder::load(&minilm(), Device::Cpu, Dtype::BFloat16).unwrap());
    assert_eq!(float.facts().dimensions, 384);
    assert_eq!(float.facts().memory_bytes, 2 * brain.facts().memory_bytes);
    assert_eq!(float.facts().fingerprint, load(&minilm()).facts().fingerprint);
    assert_ne!(float.facts().fingerprint, brain.facts().fingerprint);
}

#[test]
fn half_precision_stays_close() {
    let text = ["A man is eating food.", "The stock market fell sharply on Monday."];
    let exact = embed(&load(&minilm()), &text).unwrap();
    for dtype in [Dtype::Float16, Dtype::BFloat16] {
        let half = embed(&Embedder::load(&minilm(), Device::Cpu, dtype).unwrap(), &text).unwrap();
        for (a, b) in exact.iter().zip(&half) {
            let cosine: f32 = a.iter().zip(b).map(|(a, b)| a * b).sum();
            assert!(cosine > 0.999 && distance(a, b) > 0.0, "{dtype}: {cosine}");
        }
    }
}

#[test]
fn every_pooling_mode_equals_the_reference_with_and_without_its_prompt() {
    let goldens = golden::<Goldens>("minilm_embeddings.json").pooling;
    let texts: Vec<&str> = goldens.texts.iter().map(String::as_str).collect();
    let all = [
        "pooling_mode_cls_token",
        "pooling_mode_max_tokens",
        "pooling_mode_mean_tokens",
        "pooling_mode_mean_sqrt_len_tokens",
        "pooling_mode_weightedmean_tokens",
        "pooling_mode_lasttoken",
    ];
    let mut old: serde_json::Value =
        all.iter().map(|name| (name.to_string(), serde_json::Value::Bool(true))).collect();
    old["word_embedding_dimension"] = 384.into();
    let vectors = embed(&load(repooled(&old).path()), &texts).unwrap();
    assert_close(&vectors, &goldens.every_mode);

    let new = serde_json::json!({
        "embedding_dimension": 384,
        "pooling_mode": ["cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"],
        "include_prompt": false,
    });
    let embedder = load(repooled(&new).path());
    let tokenizer = embedder.tokenizer();
    let prompted: Vec<_> =
        texts.iter().map(|text| tokenizer.encode_with_prompt(&goldens.prompt, text).unwrap()).collect();
    assert_close(&embed_tokens(&embedder, &prompted).unwrap(), &goldens.without_prompt);
}

/// Sums and maxima reach 100, so the bar is relative above 1.
fn assert_close(vectors: &[Vec<f32>], expected: &[Vec<f32>]) {
    for (vector, expected) in vectors.iter().zip(expected) {
        assert_eq!(vector.len(), 6 * 384);
        for (place, (a, b)) in vector.iter().zip(expected).enumerate() {
            assert!((a - b).abs() <= PARITY * b.abs().max(1.0), "mode {}: {a} against {b}", place / 384);
        }
    }
}

/// The real model with another pooling and no Normalize.
fn repooled(pooling: &serde_json::Value) -> tempfile::TempDir {
    let dir = bare_minilm();
    let module = |idx: usize, path: &str, kind: &str| serde_json::json!({"idx": idx, "name": "", "path": path, "type": format!("sentence_transformers.models.{kind}")});
    let modules = serde_json::json!([module(0, "", "Transformer"), module(1, "1_Pooling", "Pooling")]);
    std::fs::write(dir.path().join("modules.json"), modules.to_string()).unwrap();
    std::fs::create_dir(dir.path().join("1_Pooling")).unwrap();
    std::fs::write(dir.path().join("1_Pooling/config.json"), pooling.to_string()).unwrap();
    dir
}
