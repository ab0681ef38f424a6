//! The fuzzers' seeds and past findings: none of them may panic, and those that are valid must stay so.

#![allow(clippy::unwrap_used)] // The helpers here are part of the tests.

mod made;

use std::fs;
use std::path::Path;

use gpu_bridge_checkpoint::{Error, Layout};
use made::{preamble, pytorch, safetensors};

/// The names of the seeds in the folder of `target` that are whole valid files. Each is read as the target reads it: as it is
/// and behind `prefix`.
fn valid(
    target: &str,
    read: fn(&[u8]) -> Result<Layout, Error>,
    prefix: fn(&[u8]) -> Vec<u8>,
) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let mut valid = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let seed = fs::read(entry.path()).unwrap();
        if is_read(&seed, read) {
            valid.push(entry.file_name().into_string().unwrap());
        }
        is_read(&[prefix(&seed), seed].concat(), read);
    }
    valid.sort();
    valid
}

fn is_read(file: &[u8], read: fn(&[u8]) -> Result<Layout, Error>) -> bool {
    let Ok(layout) = read(file) else { return false };
    assert!(layout.names().all(|name| layout.tensor(file, name).unwrap().bytes().len() <= file.len()));
    true
}

#[test]
fn seeds_of_the_pickle_target_are_read_or_refused() {
    assert_eq!(valid("pickle", pytorch, |_| preamble()), ["legacy.bin", "zip.bin", "zip_protocol4.bin"]);
}

#[test]
fn seeds_of_the_safetensors_target_are_read_or_refused() {
    let length = |seed: &[u8]| (seed.len() as u64).to_le_bytes().to_vec();
    assert_eq!(valid("safetensors", safetensors, length), ["whole.safetensors"]);
}
