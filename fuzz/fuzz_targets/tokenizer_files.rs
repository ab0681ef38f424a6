//! Any bytes as the files of a tokenizer that has no tokenizer.json, or as a tokenizer.json: loading, and one text.
//!
//! The byte 255, which no UTF-8 has, stands between the text and the files, in the order below; an empty file is not there.

#![no_main]

use gpu_bridge_checkpoint::ModelFolder;
use gpu_bridge_fuzz::Folder;
use libfuzzer_sys::fuzz_target;

const FILES: [&str; 7] = [
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "tokenizer.json",
];

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.split(|byte| *byte == 0xff);
    let text = String::from_utf8_lossy(parts.next().unwrap_or_default());
    let folder = Folder::fresh();
    for (name, content) in FILES.into_iter().zip(parts).filter(|(_, content)| !content.is_empty()) {
        folder.write(name, content);
    }
    gpu_bridge_fuzz::tokenize(&ModelFolder::new(folder.path()), &text);
});
