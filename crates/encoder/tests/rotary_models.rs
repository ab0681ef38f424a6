//! Models with rotary positions: their checkpoints as they are published, and texts beside neighbours.

#![allow(clippy::unwrap_used)] // The helpers here are part of the tests.

mod fixtures;
mod made;

use std::path::Path;

use fixtures::{PARITY, distance, worst};
use gpu_bridge_encoder::{Device, Dtype, TokenEncoder, Tokens, use_threads};
use made::Golden;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype as FileDtype, TensorView};

const NAMES: [&str; 7] = [
    "modernbert",
    "modernbert-5",
    "nomic_bert-published",
    "qwen3",
    "qwen3-windows-5",
    "mistral",
    "eurobert-5",
];

fn golden(name: &str) -> Golden {
    made::all().into_iter().find(|golden| golden.name == name).unwrap()
}

fn load(dir: &Path, layers: usize) -> TokenEncoder {
    use_threads(1);
    TokenEncoder::load(dir, Some(layers), Device::Cpu, Dtype::Float32).unwrap()
}

/// Gives the weights a prefix, and puts small ones of these names beside them.
fn publish(dir: &Path, prefix: &str, beside: &[&str]) {
    let path = dir.join("model.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    let old = SafeTensors::deserialize(&bytes).unwrap().tensors();
    let one = TensorView::new(FileDtype::F32, vec![1], &[0; 4]).unwrap();
    let renamed = old.into_iter().map(|(name, view)| (format!("{prefix}{name}"), view));
    let beside = beside.iter().map(|name| ((*name).to_owned(), one.clone()));
    let bytes = safetensors::serialize(renamed.chain(beside).collect::<Vec<_>>(), None).unwrap();
    std::fs::write(&path, bytes).unwrap();
}

#[test]
fn published_names_and_heads_give_the_same_model() {
    let head = ["head.dense.weight", "head.norm.weight", "decoder.bias", "classifier.weight"];
    let speeds = ["lm_head.weight", "score.weight", "model.layers.2.self_attn.rotary_emb.inv_freq"];
    let published: [(&str, &str, &[&str]); 4] = [
        ("modernbert", "model.", &head),
        ("nomic_bert", "bert.", &["cls.predictions.decoder.weight", "bert.pooler.dense.bias"]),
        ("qwen3", "model.", &speeds),
        ("mistral", "", &["rotary_emb.inv_freq"]),
    ];
    for (name, prefix, beside) in published {
        let (golden, text) = (golden(name), Tokens::new((5..35).collect()));
        let dir = made::write(&golden);
        let plain = load(dir.path(), 2).states(&[&text]).unwrap();
        publish(dir.path(), prefix, beside);
        assert_eq!(load(dir.path(), 2).states(&[&text]).unwrap(), plain, "{name}");
    }
}

#[test]
fn a_text_never_meets_its_neighbours() {
    for name in NAMES {
        let golden = golden(name);
        let encoder = load(made::write(&golden).path(), 3);
        let texts: Vec<Tokens> = golden.hidden.texts.iter().cloned().map(Tokens::new).collect();
        let together = encoder.states(&texts.iter().collect::<Vec<_>>()).unwrap();
        let alone = texts.iter().map(|text| encoder.states(&[text]).unwrap().remove(0));
        let difference = worst(alone.zip(&together).map(|(alone, together)| distance(&alone, together)));
        assert!(difference <= PARITY, "{name}: {difference:e}");
    }
}

#[test]
fn a_model_without_layers_is_its_embeddings_behind_the_last_norm() {
    for name in ["modernbert", "qwen3"] {
        let states =
            load(made::write(&golden(name)).path(), 0).states(&[&Tokens::new(vec![7, 9, 7])]).unwrap();
        let [first, second, third] = [0, 1, 2].map(|place| &states[0][32 * place..32 * (place + 1)]);
        assert_eq!(first, third, "{name}: places count before the first layer");
        assert_ne!(first, second, "{name}");
    }
}
