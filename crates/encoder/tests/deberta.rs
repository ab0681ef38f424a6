//! DeBERTa's checkpoints as they are published, texts beside neighbours, and settings that can't be followed.

#![allow(clippy::unwrap_used)] // The helpers here are part of the tests.

mod fixtures;
mod made;

use std::path::Path;

use fixtures::{PARITY, distance, worst};
use gpu_bridge_encoder::{Device, Dtype, Error, TokenEncoder, Tokens, use_threads};
use made::Golden;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype as FileDtype, TensorView};
use serde_json::json;

fn golden(name: &str) -> Golden {
    made::all().into_iter().find(|golden| golden.name == name).unwrap()
}

fn load(dir: &Path) -> Result<TokenEncoder, Error> {
    use_threads(1);
    TokenEncoder::load(dir, None, Device::Cpu, Dtype::Float32)
}

fn texts(golden: &Golden) -> Vec<Tokens> {
    golden.hidden.texts.iter().cloned().map(Tokens::new).collect()
}

fn states(dir: &Path, golden: &Golden) -> Vec<Vec<f32>> {
    load(dir).unwrap().states(&texts(golden).iter().collect::<Vec<_>>()).unwrap()
}

/// Gives model.safetensors the names that Microsoft's checkpoints have, and what they hold beside the encoder.
fn publish(dir: &Path) {
    const BESIDE: [&str; 6] = [
        "deberta.embeddings.position_embeddings.weight",
        "lm_predictions.lm_head.LayerNorm.weight",
        "mask_predictions.classifier.weight",
        "cls.predictions.bias",
        "pooler.dense.weight",
        "classifier.bias",
    ];
    let path = dir.join("model.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    let old = |name: &str| {
        let old =
            name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
        format!("deberta.{old}")
    };
    let mut tensors: Vec<(String, TensorView<'_>)> = SafeTensors::deserialize(&bytes)
        .unwrap()
        .tensors()
        .into_iter()
        .map(|(name, view)| (old(&name), view))
        .collect();
    let one = TensorView::new(FileDtype::F32, vec![1], &[0; 4]).unwrap();
    tensors.extend(BESIDE.map(|name| (name.to_owned(), one.clone())));
    std::fs::write(&path, safetensors::serialize(tensors, None).unwrap()).unwrap();
}

#[test]
fn published_names_and_heads_give_the_same_model() {
    for name in ["deberta", "deberta-v2-conv"] {
        let golden = golden(name);
        let dir = made::write(&golden);
        let plain = states(dir.path(), &golden);
        publish(dir.path());
        assert_eq!(states(dir.path(), &golden), plain, "{name}");
    }
}

#[test]
fn a_text_never_meets_its_neighbours() {
    for name in ["deberta", "deberta-c2p", "deberta-v2-groups", "deberta-v3"] {
        let golden = golden(name);
        let dir = made::write(&golden);
        let (encoder, texts) = (load(dir.path()).unwrap(), texts(&golden));
        let together = encoder.states(&texts.iter().collect::<Vec<_>>()).unwrap();
        let alone = texts.iter().map(|text| encoder.states(&[text]).unwrap().remove(0));
        let difference = worst(alone.zip(&together).map(|(alone, together)| distance(&alone, together)));
        assert!(difference <= PARITY, "{name}: {difference:e}");
    }
}

#[test]
fn settings_that_cant_be_followed_are_refused_by_name_and_value() {
    let settings = [
        ("deberta", json!({ "pos_att_type": "c2p|p2p" }), "`p2p`"),
        ("deberta-v3", json!({ "norm_rel_ebd": "batch_norm" }), "`batch_norm`"),
        ("deberta-v3", json!({ "conv_kernel_size": 4 }), "`conv_kernel_size` of 4"),
        ("deberta-v3", json!({ "conv_kernel_size": 3, "conv_groups": 5 }), "5 `conv_groups`"),
        ("deberta-v3", json!({ "position_buckets": 80 }), "80 `position_buckets`"),
        ("deberta-v3", json!({ "attention_head_size": 16 }), "`attention_head_size` 16"),
        ("deberta-v3", json!({ "num_attention_heads": 5 }), "5 heads"),
    ];
    for (name, changes, named) in settings {
        let mut golden = golden(name);
        golden.model.config.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let error = load(made::write(&golden).path()).err().unwrap().to_string();
        assert!(error.contains(named) && error.contains("config.json"), "{error}");
    }
}
