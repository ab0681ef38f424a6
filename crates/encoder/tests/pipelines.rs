//! Modules after the pooling equal those of sentence-transformers: Dense, LayerNorm, Normalize, in any order.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // The helpers here are part of the tests; the differences are printed.

mod fixtures;
mod made;

use std::collections::BTreeMap;
use std::path::Path;

use fixtures::{PARITY, bare_minilm, distance, golden};
use gpu_bridge_encoder::{Cut, Device, Dtype, Embedder, Error, OutputOptions, Tokens};
use safetensors::tensor::{Dtype as FileDtype, TensorView};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

#[derive(Deserialize)]
struct Goldens {
    texts: Vec<String>,
    prompts: BTreeMap<String, String>,
    pipelines: Vec<Pipeline>,
}

#[derive(Deserialize)]
struct Pipeline {
    name: String,
    modules: Vec<Module>,
    vectors: Vec<Vec<f32>>,
    prompted: Vec<Vec<f32>>,
    truncate_dim: Vec<Vec<f32>>,
    truncate_dim_normalized: Vec<Vec<f32>>,
}

#[derive(Deserialize, Clone)]
struct Module {
    #[serde(rename = "type")]
    kind: String,
    path: String,
    config: Value,
    weights: Vec<(String, Vec<usize>)>,
}

impl Module {
    fn write(&self, dir: &Path) {
        let folder = dir.join(&self.path);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config.json"), self.config.to_string()).unwrap();
        let bytes = |(name, shape): &(String, Vec<usize>)| -> Vec<u8> {
            made::made(name, shape).into_iter().flat_map(f32::to_le_bytes).collect()
        };
        let data: Vec<Vec<u8>> = self.weights.iter().map(bytes).collect();
        let views = self.weights.iter().zip(&data).map(|((name, shape), data)| {
            (name, TensorView::new(FileDtype::F32, shape.clone(), data).unwrap())
        });
        std::fs::write(folder.join("model.safetensors"), safetensors::serialize(views, None).unwrap())
            .unwrap();
    }
}

/// MiniLM with a mean, then `modules`, and `settings` as its config_sentence_transformers.json.
fn chain(modules: &[Module], settings: &Value) -> TempDir {
    let dir = bare_minilm();
    let entry = |(idx, path, kind): (usize, &str, &str)| json!({"idx": idx, "name": idx.to_string(), "path": path, "type": kind});
    let first = [
        ("", "sentence_transformers.models.Transformer"),
        ("1_Pooling", "sentence_transformers.models.Pooling"),
    ];
    let rest = modules.iter().map(|module| (module.path.as_str(), module.kind.as_str()));
    let entries =
        first.into_iter().chain(rest).enumerate().map(|(idx, (path, kind))| entry((idx, path, kind)));
    std::fs::write(dir.path().join("modules.json"), Value::from_iter(entries).to_string()).unwrap();
    std::fs::create_dir(dir.path().join("1_Pooling")).unwrap();
    std::fs::write(dir.path().join("1_Pooling/config.json"), r#"{"word_embedding_dimension": 384}"#).unwrap();
    std::fs::write(dir.path().join("config_sentence_transformers.json"), settings.to_string()).unwrap();
    modules.iter().for_each(|module| module.write(dir.path()));
    dir
}

fn load(dir: &TempDir) -> Result<Embedder, Error> {
    Embedder::load(dir.path(), Device::Cpu, Dtype::Float32)
}

/// The largest difference over all texts.
fn apart(embedder: &Embedder, tokens: &[Tokens], options: OutputOptions, expected: &[Vec<f32>]) -> f32 {
    let rows = embedder.embed(&tokens.iter().collect::<Vec<_>>()).unwrap();
    distance(&embedder.head().finish(rows, &options).unwrap().0, &expected.concat())
}

#[test]
fn every_pipeline_equals_the_reference_with_prompts_and_cuts() {
    let goldens: Goldens = golden("pipelines.json");
    for pipeline in &goldens.pipelines {
        let embedder = load(&chain(&pipeline.modules, &json!({"prompts": goldens.prompts}))).unwrap();
        let tokenizer = embedder.tokenizer();
        let prompt = &embedder.prompts()["query"];
        let plain: Vec<Tokens> = goldens.texts.iter().map(|text| tokenizer.encode(text).unwrap()).collect();
        let prompted: Vec<Tokens> =
            goldens.texts.iter().map(|text| tokenizer.encode_with_prompt(prompt, text).unwrap()).collect();
        let cut = OutputOptions { normalize: None, cut: Some(Cut::TruncateDim(5)) };
        let apart = [
            apart(&embedder, &plain, OutputOptions::default(), &pipeline.vectors),
            apart(&embedder, &prompted, OutputOptions::default(), &pipeline.prompted),
            apart(&embedder, &plain, cut, &pipeline.truncate_dim),
            apart(
                &embedder,
                &plain,
                OutputOptions { normalize: Some(true), ..cut },
                &pipeline.truncate_dim_normalized,
            ),
        ];
        println!("{:<40} {:.1e}", pipeline.name, fixtures::worst(apart.into_iter()));
        assert!(apart.iter().all(|apart| *apart <= PARITY), "{}: {apart:?}", pipeline.name);
    }
}

#[test]
fn a_models_own_truncate_dim_is_its_width_unless_a_caller_asks_for_another() {
    let goldens: Goldens = golden("pipelines.json");
    let pipeline = &goldens.pipelines[0];
    let embedder = load(&chain(&pipeline.modules, &json!({"truncate_dim": 5}))).unwrap();
    assert_eq!((embedder.facts().dimensions, embedder.head().dimensions()), (5, 16));
    let tokens: Vec<Tokens> =
        goldens.texts.iter().map(|text| embedder.tokenizer().encode(text).unwrap()).collect();
    assert!(apart(&embedder, &tokens, OutputOptions::default(), &pipeline.truncate_dim) <= PARITY);
    let whole = OutputOptions { normalize: None, cut: Some(Cut::TruncateDim(16)) };
    assert!(apart(&embedder, &tokens, whole, &pipeline.vectors) <= PARITY);
}

#[test]
fn weights_of_a_module_may_be_pytorchs_own() {
    let goldens: Goldens = golden("pipelines.json");
    let pipeline = &goldens.pipelines[0];
    let dir = chain(&pipeline.modules, &json!({}));
    let folder = dir.path().join(&pipeline.modules[0].path);
    std::fs::remove_file(folder.join("model.safetensors")).unwrap();
    let bin = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens/dense.bin");
    std::fs::copy(bin, folder.join("pytorch_model.bin")).unwrap();
    let embedder = load(&dir).unwrap();
    let tokens: Vec<Tokens> =
        goldens.texts.iter().map(|text| embedder.tokenizer().encode(text).unwrap()).collect();
    assert!(apart(&embedder, &tokens, OutputOptions::default(), &pipeline.vectors) <= PARITY);
}

#[test]
fn modules_count_in_facts() {
    let pipelines = golden::<Goldens>("pipelines.json").pipelines;
    let facts = |modules: &[Module]| load(&chain(modules, &json!({}))).unwrap().facts().clone();
    let (bare, dense, other) = (facts(&[]), facts(&pipelines[0].modules), facts(&pipelines[1].modules));
    assert_eq!((bare.dimensions, dense.dimensions), (384, 16));
    assert_eq!(dense.memory_bytes - bare.memory_bytes, 4 * (16 * 384 + 16));
    assert_ne!(dense.fingerprint, other.fingerprint, "they differ in their activation alone");
}

#[test]
fn a_module_that_does_not_fit_is_refused_with_the_reason() {
    let dense = &golden::<Goldens>("pipelines.json").pipelines[0].modules[0];
    for (key, value, shown) in [
        ("in_features", json!(383), "383 wide but gets 384"),
        ("out_features", json!(17), "linear.weight"),
        ("bias", json!(false), "linear.bias"),
        ("activation_function", json!("custom.Tanh"), "`custom.Tanh`"),
        ("module_input_name", json!("token_embeddings"), "`token_embeddings`"),
    ] {
        let mut module = dense.clone();
        module.config[key] = value;
        let error = load(&chain(&[module], &json!({}))).err().unwrap();
        assert!(error.to_string().contains(shown), "{key}: {error}");
    }
}
