//! Scores of pairs equal those of sentence-transformers' CrossEncoder, head by head, on small models made by a formula.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // The helpers here are part of the tests; the differences are printed.

mod fixtures;
mod made;

use std::path::{Path, PathBuf};

use fixtures::{PARITY, worst};
use gpu_bridge_encoder::{CrossEncoder, Device, Dtype, Error, Tokens, use_threads};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

#[derive(Deserialize)]
struct Golden {
    config: Value,
    tokenizer: String,
    weights: Vec<(String, Vec<usize>)>,
    max_length: usize,
    pairs: Vec<(String, String)>,
    ids: Vec<Vec<i64>>,
    scores: Vec<Numbers>,
    logits: Vec<Numbers>,
}

/// A number, or one a label.
#[derive(Deserialize, Clone)]
#[serde(untagged)]
enum Numbers {
    One(f32),
    Several(Vec<f32>),
}

impl Golden {
    fn read(name: &str) -> Self {
        serde_json::from_slice(&std::fs::read(goldens().join(format!("cross_encoders/{name}.json"))).unwrap())
            .unwrap()
    }

    fn write(&self) -> TempDir {
        let dir = made::write_model(&self.config, &self.weights);
        let files =
            std::fs::read_dir(goldens().join("tokenizers").join(&self.tokenizer).join("fast")).unwrap();
        for file in files.map(|file| file.unwrap().path()) {
            std::fs::copy(&file, dir.path().join(file.file_name().unwrap())).unwrap();
        }
        dir
    }
}

fn goldens() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens")
}

fn names() -> Vec<String> {
    let files = std::fs::read_dir(goldens().join("cross_encoders")).unwrap().map(|file| file.unwrap().path());
    let mut names: Vec<String> =
        files.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

fn flat(numbers: &[Numbers]) -> Vec<f32> {
    let each = |numbers: Numbers| match numbers {
        Numbers::One(number) => vec![number],
        Numbers::Several(numbers) => numbers,
    };
    numbers.iter().cloned().flat_map(each).collect()
}

fn load(dir: &TempDir, dtype: Dtype) -> Result<CrossEncoder, Error> {
    use_threads(1);
    CrossEncoder::load(dir.path(), Device::Cpu, dtype)
}

fn encode(model: &CrossEncoder, golden: &Golden) -> Vec<Tokens> {
    let tokenizer = model.tokenizer();
    golden.pairs.iter().map(|(first, second)| tokenizer.encode(first, second).unwrap()).collect()
}

fn logits(model: &CrossEncoder, pairs: &[Tokens]) -> Vec<f32> {
    model.logits(&pairs.iter().collect::<Vec<_>>()).unwrap()
}

fn apart(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    worst(found.iter().zip(expected).map(|(a, b)| (a - b).abs()))
}

#[test]
fn every_head_equals_the_reference_in_one_batch_and_alone() {
    let mut failed = Vec::new();
    for name in names() {
        let golden = Golden::read(&name);
        let model = load(&golden.write(), Dtype::Float32).unwrap();
        let pairs = encode(&model, &golden);
        assert_eq!(pairs.iter().map(|pair| pair.ids.clone()).collect::<Vec<_>>(), golden.ids, "{name}");
        assert_eq!(model.tokenizer().max_length(), golden.max_length, "{name}");
        let expected = flat(&golden.logits);
        let together = logits(&model, &pairs);
        let alone: Vec<f32> =
            pairs.iter().flat_map(|pair| logits(&model, std::slice::from_ref(pair))).collect();
        let scores = model.head().finish(together.clone(), false);
        let half = apart(&logits(&load(&golden.write(), Dtype::Float16).unwrap(), &pairs), &expected);
        let brain = apart(&logits(&load(&golden.write(), Dtype::BFloat16).unwrap(), &pairs), &expected);
        let worst = worst(
            [apart(&together, &expected), apart(&alone, &expected), apart(&scores, &flat(&golden.scores))]
                .into_iter(),
        );
        println!("{name:<24} float32 {worst:.1e}  float16 {half:.1e}  bfloat16 {brain:.1e}");
        if worst.is_nan() || worst > PARITY {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "beyond {PARITY:e}: {failed:?}");
}

#[test]
fn a_pair_that_is_too_long_is_cut_and_says_so() {
    let golden = Golden::read("bert");
    let model = load(&golden.write(), Dtype::Float32).unwrap();
    let cut: Vec<bool> = encode(&model, &golden).iter().map(|pair| pair.truncated).collect();
    assert_eq!(cut, golden.ids.iter().map(|ids| ids.len() == golden.max_length).collect::<Vec<_>>());
    assert!(cut.contains(&true) && cut.contains(&false));
}

#[test]
fn a_models_settings_decide_what_becomes_of_a_raw_score() {
    let golden = Golden::read("bert");
    let (sigmoid, identity) = ("torch.nn.modules.activation.Sigmoid", "torch.nn.modules.linear.Identity");
    let changes = |config: &Value, saved: Option<Value>| {
        let dir = Golden { config: config.clone(), ..Golden::read("bert") }.write();
        if let Some(saved) = saved {
            let module = json!([{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.base.modules.transformer.Transformer"}]);
            std::fs::write(dir.path().join("modules.json"), module.to_string()).unwrap();
            std::fs::write(dir.path().join("config_sentence_transformers.json"), saved.to_string()).unwrap();
            let task = json!({"transformer_task": "sequence-classification", "module_output_name": "scores"});
            std::fs::write(dir.path().join("sentence_bert_config.json"), task.to_string()).unwrap();
        }
        load(&dir, Dtype::Float32).map(|model| model.head().finish(vec![0.0], false)[0] == 0.5)
    };
    let with = |key: &str, value: Value| {
        let mut config = golden.config.clone();
        config[key] = value;
        config
    };
    let old = with("sbert_ce_default_activation_function", json!(identity));
    let newer = with("sentence_transformers", json!({"activation_fn": identity, "version": "4.1.0"}));
    let saved =
        |class: &str| Some(json!({"model_type": "CrossEncoder", "activation_fn": class, "prompts": {}}));
    assert!(changes(&golden.config, None).unwrap());
    assert!(!changes(&old, None).unwrap());
    assert!(!changes(&newer, None).unwrap());
    assert!(!changes(&golden.config, saved(identity)).unwrap());
    assert!(changes(&newer, saved(sigmoid)).unwrap(), "what the newest release wrote wins");
    let other_kind = Some(json!({"model_type": "SentenceTransformer", "activation_fn": identity}));
    assert!(
        changes(&golden.config, other_kind).unwrap(),
        "the settings of another kind of model are passed over"
    );
    let odd = with("sbert_ce_default_activation_function", json!("my.Activation"));
    let error = changes(&odd, None).unwrap_err();
    assert_eq!(error.code(), "invalid_model");
    assert!(error.to_string().contains("`my.Activation`"), "{error}");
}

#[test]
fn a_default_prompt_and_modules_that_are_not_a_cross_encoders() {
    let golden = Golden::read("bert");
    let kind = |class: &str| format!("sentence_transformers.{class}");
    let transformer = json!({"idx": 0, "path": "", "type": kind("base.modules.transformer.Transformer")});
    let load = |modules: Value, saved: Value| {
        let dir = golden.write();
        std::fs::write(dir.path().join("modules.json"), modules.to_string()).unwrap();
        std::fs::write(dir.path().join("config_sentence_transformers.json"), saved.to_string()).unwrap();
        load(&dir, Dtype::Float32)
    };
    let saved = |name: &str| json!({"model_type": "CrossEncoder", "prompts": {"ask": "question: "}, "default_prompt_name": name});
    let prompted = load(json!([transformer]), saved("ask")).unwrap();
    let encoded = |first: &str| prompted.tokenizer().encode(first, "no").unwrap().ids;
    let plain = self::load(&golden.write(), Dtype::Float32).unwrap().tokenizer();
    assert_eq!(encoded("who"), plain.encode("question: who", "no").unwrap().ids);
    assert_ne!(encoded("who"), plain.encode("who", "no").unwrap().ids);
    assert!(load(json!([transformer]), saved("other")).err().unwrap().to_string().contains("`other`"));
    for class in ["cross_encoder.modules.logit_score.LogitScore", "base.modules.dense.Dense"] {
        let last = json!({"idx": 1, "path": "1", "type": kind(class)});
        let error = load(json!([transformer, last]), saved("ask")).err().unwrap();
        assert_eq!(error.code(), "unsupported_module");
        assert!(
            error.to_string().contains(class) && error.to_string().contains("single Transformer"),
            "{error}"
        );
    }
}

#[test]
fn a_model_without_a_head_is_refused_before_its_weights_are_read() {
    let mut golden = Golden::read("bert");
    golden.weights.retain(|(name, _)| !name.starts_with("classifier."));
    let error = load(&golden.write(), Dtype::Float32).err().unwrap();
    assert!(error.to_string().contains("`classifier.weight` is missing"), "{error}");
    golden.config["architectures"] = json!(["BertModel"]);
    let error = load(&golden.write(), Dtype::Float32).err().unwrap();
    assert_eq!(error.code(), "invalid_model");
    assert!(error.to_string().contains("`BertModel`"), "{error}");
}

#[test]
fn facts_tell_activations_and_models_apart() {
    let golden = Golden::read("bert");
    let fingerprint =
        |golden: &Golden| load(&golden.write(), Dtype::Float32).unwrap().facts().fingerprint.clone();
    let mut raw = Golden::read("bert");
    raw.config["sbert_ce_default_activation_function"] = json!("torch.nn.modules.linear.Identity");
    assert_eq!(fingerprint(&golden), fingerprint(&Golden::read("bert")));
    assert_ne!(fingerprint(&golden), fingerprint(&raw));
    let three = load(&Golden::read("bert-three-labels").write(), Dtype::Float32).unwrap();
    assert_eq!((three.facts().dimensions, three.head().labels()), (3, 3));
    assert!(three.logits(&[]).unwrap().is_empty());
}

#[test]
fn which_text_a_token_belongs_to_is_told_where_the_tokenizers_settings_or_its_kind_say_so() {
    let second = |name: &str, names: Option<Value>| {
        let dir = Golden::read(name).write();
        let path = dir.path().join("tokenizer_config.json");
        let mut config: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        if let Some(names) = names {
            config["model_input_names"] = names;
        }
        std::fs::write(&path, config.to_string()).unwrap();
        let tokens = load(&dir, Dtype::Float32).unwrap().tokenizer().encode("no", "yes").unwrap();
        tokens.second < tokens.len()
    };
    assert!(second("bert", None) && !second("albert", None));
    assert!(!second("bert", Some(json!(["input_ids", "attention_mask"]))));
    assert!(second("albert", Some(json!(["input_ids", "token_type_ids"]))));
}
