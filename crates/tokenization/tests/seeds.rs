//! The fuzz targets' seeds and findings, so that a finding stays fixed without a fuzzer (see fuzz/README.md).

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use std::path::Path;

use gpu_bridge_checkpoint::ModelFolder;
use gpu_bridge_tokenization::Tokenizer;

/// As fuzz_targets/sentencepiece.rs has them.
const FAMILIES: [(&str, &str); 6] = [
    ("XLMRobertaTokenizer", "sentencepiece.bpe.model"),
    ("CamembertTokenizer", "sentencepiece.bpe.model"),
    ("AlbertTokenizer", "spiece.model"),
    ("DebertaV2Tokenizer", "spm.model"),
    ("T5Tokenizer", "spiece.model"),
    ("LlamaTokenizer", "tokenizer.model"),
];

/// As fuzz_targets/tokenizer_files.rs has them.
const FILES: [&str; 7] = [
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "tokenizer.json",
];

/// Every seed of `target`, by name.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.display().to_string(), std::fs::read(path).unwrap())).collect()
}

/// Loads the folder each way and gives what loads the text; answers how many ways loaded.
fn tokenize(folder: &Path, text: &str) -> usize {
    let folder = ModelFolder::new(folder);
    let loaded = [Tokenizer::for_embeddings(&folder, 16), Tokenizer::for_bertscore(&folder, 16)];
    let loaded = loaded.into_iter().flatten();
    loaded.filter(|tokenizer| tokenizer.encode(text).map_or(true, |tokens| tokens.len() <= 16)).count()
}

#[test]
fn seeds_of_sentencepiece() {
    let mut loaded = 0;
    for (name, bytes) in seeds("sentencepiece") {
        let [family, length, rest @ ..] = &bytes[..] else { panic!("{name} is too short") };
        let (class, file) = FAMILIES[usize::from(*family) % FAMILIES.len()];
        let Some((text, model)) = rest.split_at_checked(usize::from(*length)) else { continue };
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(file), model).unwrap();
        let config = format!("{{\"tokenizer_class\":\"{class}\"}}");
        std::fs::write(folder.path().join("tokenizer_config.json"), config).unwrap();
        loaded += tokenize(folder.path(), &String::from_utf8_lossy(text));
    }
    assert!(loaded >= 12, "{loaded}");
}

#[test]
fn seeds_of_tokenizer_files() {
    let mut loaded = 0;
    for (_, bytes) in seeds("tokenizer_files") {
        let mut parts = bytes.split(|byte| *byte == 0xff);
        let text = String::from_utf8_lossy(parts.next().unwrap_or_default());
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in FILES.into_iter().zip(parts).filter(|(_, content)| !content.is_empty()) {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        loaded += tokenize(folder.path(), &text);
    }
    assert!(loaded >= 16, "{loaded}");
}
