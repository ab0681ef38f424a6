//! One set of tensors in every format, written by torch: the same names, types, shapes and bytes come out of each.

#![allow(clippy::unwrap_used)] // The helpers here are part of the tests.

mod made;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use gpu_bridge_checkpoint::{Checkpoint, Dtype, Error, ModelFolder};
use made::{archive, four_floats, golden, legacy, pytorch, state_dict};
use tempfile::TempDir;

type Contents = BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>;

fn open(dir: &Path) -> Result<Checkpoint, Error> {
    Checkpoint::open(&ModelFolder::new(dir))
}

fn contents(checkpoint: &Checkpoint) -> Contents {
    let content = |name: &str| {
        let tensor = checkpoint.tensor(name).unwrap();
        (name.to_owned(), (tensor.dtype(), tensor.shape().to_vec(), tensor.bytes().into_owned()))
    };
    checkpoint.names().map(content).collect()
}

/// A folder with copies of golden files under other names.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (from, to) in files {
        fs::copy(golden(from), dir.path().join(to)).unwrap();
    }
    dir
}

fn whole(from: &str, to: &str) -> Contents {
    contents(&open(folder(&[(from, to)]).path()).unwrap())
}

fn truth() -> Contents {
    whole("same/whole.safetensors", "model.safetensors")
}

#[test]
fn every_format_gives_the_same_tensors() {
    let truth = truth();
    assert_eq!(truth.len(), 19);
    for form in ["zip", "legacy", "zip_protocol4", "legacy_protocol4", "zip_settings", "legacy_settings"] {
        assert_eq!(whole(&format!("same/{form}.bin"), "pytorch_model.bin"), truth, "{form}");
    }
    for form in ["safetensors_shards", "bin_shards"] {
        assert_eq!(contents(&open(&golden(&format!("same/{form}"))).unwrap()), truth, "{form}");
    }
}

#[test]
fn the_values_are_those_that_were_saved() {
    let tensors = whole("same/zip.bin", "pytorch_model.bin");
    let floats = |name: &str| {
        let (dtype, shape, bytes) = &tensors[name];
        assert_eq!(*dtype, Dtype::F32);
        let numbers = bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
        (shape.clone(), numbers.collect::<Vec<_>>())
    };
    let grid = |row: usize, column: usize| (row * 6 + column) as f32 / 7.0 - 1.0;
    let transposed = (0..6).flat_map(|column| (0..4).map(move |row| grid(row, column)));
    assert_eq!(floats("transposed"), (vec![6, 4], transposed.collect()));
    assert_eq!(floats("column"), (vec![4], (0..4).map(|row| grid(row, 2)).collect()));
    let block = (1..3).flat_map(|row| (2..5).map(move |column| grid(row, column)));
    assert_eq!(floats("block"), (vec![2, 3], block.collect()));
    assert_eq!(floats("scalar"), (vec![], vec![2.5]));
    assert_eq!(floats("tied.a"), floats("tied.b"));
    assert_eq!(tensors["empty"], (Dtype::F32, vec![0, 5], vec![]));
    assert_eq!(tensors["int8"], (Dtype::I8, vec![2, 3], vec![254, 255, 0, 1, 2, 3]));
    assert_eq!(tensors["bool"], (Dtype::Bool, vec![2, 3], vec![1, 1, 0, 1, 1, 1]));
    assert_eq!(tensors["bfloat16"].2[..4], [0x00, 0xc0, 0x80, 0xbf]);
}

#[test]
fn only_what_lies_in_another_order_is_copied() {
    let dir = folder(&[("same/zip.bin", "pytorch_model.bin")]);
    let checkpoint = open(dir.path()).unwrap();
    let borrowed =
        |name: &str| matches!(checkpoint.tensor(name).unwrap().bytes(), std::borrow::Cow::Borrowed(_));
    assert!(["parameter", "tied.b", "offset", "scalar", "empty"].into_iter().all(borrowed));
    assert!(!["transposed", "permuted", "column", "block"].into_iter().any(borrowed));
    assert!(checkpoint.tensor("nobody").is_none());
}

#[test]
fn the_safest_format_that_is_there_is_read() {
    let all = [
        ("same/whole.safetensors", "model.safetensors"),
        ("same/safetensors_shards/model.safetensors.index.json", "model.safetensors.index.json"),
        ("refused/command_zip.bin", "pytorch_model.bin"),
        ("same/bin_shards/pytorch_model.bin.index.json", "pytorch_model.bin.index.json"),
    ];
    for from in 0..all.len() {
        let dir = folder(&all[from..]);
        let shown = match open(dir.path()) {
            Ok(checkpoint) => checkpoint.path().display().to_string(),
            Err(error) => error.to_string(),
        };
        let expected =
            ["model.safetensors", "model-00001-of", "pytorch_model.bin asks", "pytorch_model-00001-of"][from];
        assert!(shown.contains(expected), "{shown}");
    }
}

#[test]
fn a_folder_without_weights_is_told_what_was_looked_for_and_found() {
    let dir = tempfile::tempdir().unwrap();
    let message = open(dir.path()).unwrap_err().to_string();
    for name in [
        "model.safetensors",
        "model.safetensors.index.json",
        "pytorch_model.bin",
        "pytorch_model.bin.index.json",
    ] {
        assert!(message.contains(name), "{message}");
    }
    assert!(message.contains("found none of them"), "{message}");
    for name in ["tf_model.h5", "flax_model.msgpack", "model.onnx", "model-q4.gguf"] {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(name), b"weights").unwrap();
        let error = open(dir.path()).unwrap_err();
        assert_eq!(error.code(), "invalid_model");
        assert!(error.to_string().contains(&format!("found only {name}")), "{error}");
    }
}

#[test]
fn python_2s_texts_are_texts() {
    let pickle = |name: &[u8]| [&b"\x80\x02}"[..], name, &four_floats(), b"s."].concat();
    for name in [&b"U\x01w"[..], b"T\x01\x00\x00\x00w", b"X\x01\x00\x00\x00w", b"\x8c\x01w"] {
        for file in [archive(&pickle(name), &[0; 16]), legacy(&pickle(name), 4, &[0; 16])] {
            assert_eq!(pytorch(&file).unwrap().names().collect::<Vec<_>>(), ["w"]);
        }
    }
}

#[test]
fn a_big_endian_archive_is_refused() {
    let pickle = state_dict(&four_floats());
    let entries: [(&str, &[u8]); 3] =
        [("m/data.pkl", &pickle), ("m/data/0", &[0; 16]), ("m/byteorder", b"big")];
    let error = pytorch(&made::zip(&entries)).unwrap_err();
    assert!(error.to_string().contains("byte order `big`"), "{error}");
}
