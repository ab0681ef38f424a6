//! Models of a MiB or so: the encoder's tiny one with a vocabulary that is large and never used.

#![allow(dead_code, unreachable_pub)]

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::tiny::{TinyModel, Weight};

/// Words of which a vocabulary takes a MiB, at a width of 8 and 4 bytes a number.
const WORDS_A_MIB: usize = 32 * 1024;

/// The files of a model of so many MiB; models of different seeds give different answers.
pub fn files(mib: usize, seed: usize) -> Vec<(String, Vec<u8>)> {
    let mut model = TinyModel::new();
    let words = mib * WORDS_A_MIB;
    model.config["vocab_size"] = json!(words);
    model.weights.insert("embeddings.word_embeddings.weight".to_owned(), Weight::new(&[words, 8], seed));
    let folder = model.write();
    let read =
        |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap());
    fs::read_dir(folder.path()).unwrap().map(|entry| read(entry.unwrap())).collect()
}

/// Puts a model of so many MiB where the service looks for it.
pub fn place(root: &Path, name: &str, mib: usize, seed: usize) {
    let folder = root.join(name);
    fs::create_dir_all(&folder).unwrap();
    for (file, content) in files(mib, seed) {
        fs::write(folder.join(file), content).unwrap();
    }
}
