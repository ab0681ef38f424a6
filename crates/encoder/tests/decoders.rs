//! A small Qwen3 packed as Qwen3-Embedding is equals sentence-transformers: last token, scaled to length 1, with prompts.

#![allow(clippy::unwrap_used)] // The helpers here are part of the tests.

mod fixtures;
mod made;

use std::collections::BTreeMap;
use std::path::Path;

use fixtures::{PARITY, distance, embed_tokens, golden};
use gpu_bridge_encoder::{Device, Dtype, Embedder, Tokens, use_threads};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

#[derive(Deserialize)]
struct Goldens {
    post_processor: Value,
    prompts: BTreeMap<String, String>,
    texts: Vec<String>,
    vectors: Vec<Vec<f32>>,
    prompted: Vec<Vec<f32>>,
}

impl Goldens {
    /// The model's folder, with the files that Qwen3-Embedding has.
    fn write(&self) -> TempDir {
        let model = made::all().into_iter().find(|model| model.name == "qwen3").unwrap();
        let dir = made::write(&model);
        self.write_tokenizer(dir.path());
        let kinds = ["Transformer", "Pooling", "Normalize"].iter().enumerate();
        let entry = |(idx, kind): (usize, &&str)| {
            let path = if idx == 0 { String::new() } else { format!("{idx}_{kind}") };
            json!({"idx": idx, "name": idx.to_string(), "path": path, "type": format!("sentence_transformers.models.{kind}")})
        };
        let write =
            |name: &str, content: Value| std::fs::write(dir.path().join(name), content.to_string()).unwrap();
        write("modules.json", kinds.map(entry).collect());
        write("config_sentence_transformers.json", json!({"prompts": self.prompts}));
        std::fs::create_dir(dir.path().join("1_Pooling")).unwrap();
        write(
            "1_Pooling/config.json",
            json!({"word_embedding_dimension": 32, "pooling_mode_lasttoken": true, "include_prompt": true}),
        );
        dir
    }

    fn write_tokenizer(&self, dir: &Path) {
        let mut tokenizer: Value = golden("tokenizers/qwen2/fast/tokenizer.json");
        tokenizer["post_processor"] = self.post_processor.clone();
        std::fs::write(dir.join("tokenizer.json"), tokenizer.to_string()).unwrap();
        let mut config: Value = golden("tokenizers/qwen2/fast/tokenizer_config.json");
        config["padding_side"] = json!("left");
        std::fs::write(dir.join("tokenizer_config.json"), config.to_string()).unwrap();
    }
}

#[test]
fn last_tokens_of_a_decoder_equal_the_reference_in_a_batch_and_alone() {
    use_threads(1);
    let goldens: Goldens = golden("decoder_embeddings.json");
    let dir = goldens.write();
    let embedder = Embedder::load(dir.path(), Device::Cpu, Dtype::Float32).unwrap();
    let (tokenizer, prompt) = (embedder.tokenizer(), &embedder.prompts()["query"]);
    let plain: Vec<Tokens> = goldens.texts.iter().map(|text| tokenizer.encode(text).unwrap()).collect();
    let prompted: Vec<Tokens> =
        goldens.texts.iter().map(|text| tokenizer.encode_with_prompt(prompt, text).unwrap()).collect();
    assert!(
        plain.iter().chain(&prompted).all(|tokens| tokens.ids.last() == Some(&0)),
        "an end of text is missing"
    );
    assert!(plain.iter().any(|tokens| tokens.truncated), "no text is long enough to be cut");
    for (tokens, expected) in [(&plain, &goldens.vectors), (&prompted, &goldens.prompted)] {
        let together = embed_tokens(&embedder, tokens).unwrap();
        assert!(distance(&together.concat(), &expected.concat()) <= PARITY);
        for (tokens, expected) in tokens.iter().zip(expected) {
            let alone = embed_tokens(&embedder, std::slice::from_ref(tokens)).unwrap();
            assert!(distance(&alone[0], expected) <= PARITY);
        }
    }
}
