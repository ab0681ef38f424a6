//! The fuzz targets' seeds and findings, so that a finding stays fixed without a fuzzer (see fuzz/README.md).

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use std::path::Path;

use gpu_bridge_checkpoint::ModelFolder;
use gpu_bridge_tokenization::Tokenizer;
use proptest::prelude::*;

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
    loaded
        .inspect(|tokenizer| drop(tokenizer.encode_pair(text, text)))
        .filter(|tokenizer| tokenizer.encode(text).map_or(true, |tokens| tokens.len() <= 16))
        .count()
}

/// One input of the target `sentencepiece`; answers how many ways it loaded.
fn sentencepiece(bytes: &[u8]) -> usize {
    let [family, length, rest @ ..] = bytes else { return 0 };
    let (class, file) = FAMILIES[usize::from(*family) % FAMILIES.len()];
    let Some((text, model)) = rest.split_at_checked(usize::from(*length)) else { return 0 };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(file), model).unwrap();
    let config = format!("{{\"tokenizer_class\":\"{class}\"}}");
    std::fs::write(folder.path().join("tokenizer_config.json"), config).unwrap();
    tokenize(folder.path(), &String::from_utf8_lossy(text))
}

/// One input of the target `tokenizer_files`; answers how many ways it loaded.
fn tokenizer_files(bytes: &[u8]) -> usize {
    let mut parts = bytes.split(|byte| *byte == 0xff);
    let text = String::from_utf8_lossy(parts.next().unwrap_or_default());
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in FILES.into_iter().zip(parts).filter(|(_, content)| !content.is_empty()) {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    tokenize(folder.path(), &text)
}

#[test]
fn seeds_load_or_are_refused() {
    let loaded: usize = seeds("sentencepiece").iter().map(|(_, bytes)| sentencepiece(bytes)).sum();
    assert!(loaded >= 12, "{loaded}");
    let loaded: usize = seeds("tokenizer_files").iter().map(|(_, bytes)| tokenizer_files(bytes)).sum();
    assert!(loaded >= 16, "{loaded}");
}

/// What is done to a seed, each at a place in thousandths of it.
#[derive(Debug, Clone)]
enum Damage {
    Set(usize, u8),
    Cut(usize, usize),
    Repeat(usize, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        (0..1000_usize, any::<u8>()).prop_map(|(place, byte)| Damage::Set(place, byte)),
        (0..1000_usize, 1..40_usize).prop_map(|(place, length)| Damage::Cut(place, length)),
        (0..1000_usize, 1..40_usize).prop_map(|(place, length)| Damage::Repeat(place, length)),
    ]
}

fn damaged(mut bytes: Vec<u8>, damage: &[Damage]) -> Vec<u8> {
    for damage in damage {
        let (Damage::Set(place, _) | Damage::Cut(place, _) | Damage::Repeat(place, _)) = *damage;
        let place = place * bytes.len() / 1000;
        let end = |length: usize, bytes: &[u8]| (place + length).min(bytes.len());
        match *damage {
            Damage::Set(_, byte) => bytes.iter_mut().skip(place).take(1).for_each(|old| *old = byte),
            Damage::Cut(_, length) => drop(bytes.drain(place..end(length, &bytes))),
            Damage::Repeat(_, length) => {
                let again = bytes[place..end(length, &bytes)].to_vec();
                bytes.splice(place..place, again);
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn damaged_seeds_load_or_are_refused(which in any::<prop::sample::Index>(), damage in prop::collection::vec(damage(), 1..6)) {
        let (models, files) = (seeds("sentencepiece"), seeds("tokenizer_files"));
        sentencepiece(&damaged(models[which.index(models.len())].1.clone(), &damage));
        tokenizer_files(&damaged(files[which.index(files.len())].1.clone(), &damage));
    }
}
