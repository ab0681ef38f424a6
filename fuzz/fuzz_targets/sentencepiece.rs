//! Any bytes as a SentencePiece model of some family: the reader, both tokenizers built of it, and one text through each.
//!
//! The first byte chooses the family, the second says how long the text is; the text and the model follow.

#![no_main]

use gpu_bridge_checkpoint::ModelFolder;
use gpu_bridge_fuzz::Folder;
use libfuzzer_sys::fuzz_target;

const FAMILIES: [(&str, &str); 6] = [
    ("XLMRobertaTokenizer", "sentencepiece.bpe.model"),
    ("CamembertTokenizer", "sentencepiece.bpe.model"),
    ("AlbertTokenizer", "spiece.model"),
    ("DebertaV2Tokenizer", "spm.model"),
    ("T5Tokenizer", "spiece.model"),
    ("LlamaTokenizer", "tokenizer.model"),
];

fuzz_target!(|bytes: &[u8]| {
    let [family, length, rest @ ..] = bytes else { return };
    let (class, file) = FAMILIES[usize::from(*family) % FAMILIES.len()];
    let Some((text, model)) = rest.split_at_checked(usize::from(*length)) else { return };
    let folder = Folder::fresh();
    folder.write(file, model);
    folder.write("tokenizer_config.json", format!("{{\"tokenizer_class\":\"{class}\"}}").as_bytes());
    gpu_bridge_fuzz::tokenize(&ModelFolder::new(folder.path()), &String::from_utf8_lossy(text));
});
