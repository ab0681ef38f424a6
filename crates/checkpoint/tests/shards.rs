//! Sharded checkpoints: what an index may say and what its shards must hold.

#![allow(clippy::unwrap_used)] // The helpers here are part of the tests.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use gpu_bridge_checkpoint::{Checkpoint, Error, ModelFolder};
use safetensors::tensor::{Dtype, TensorView};
use serde_json::json;
use tempfile::TempDir;

const INDEX: &str = "model.safetensors.index.json";

fn open(dir: &Path) -> Result<Checkpoint, Error> {
    Checkpoint::open(&ModelFolder::new(dir))
}

/// Shards with tensors of one byte, and the index as it is given.
fn folder(index: &str, shards: &[(&str, &[&str])]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(INDEX), index).unwrap();
    for (file, names) in shards {
        write(&dir.path().join(file), names);
    }
    dir
}

fn write(path: &Path, names: &[&str]) {
    let view = |name: &&str| ((*name).to_owned(), TensorView::new(Dtype::U8, vec![1], &[7]).unwrap());
    let views: BTreeMap<_, _> = names.iter().map(view).collect();
    fs::write(path, safetensors::serialize(views, None).unwrap()).unwrap();
}

fn refused(index: &str, shards: &[(&str, &[&str])], code: &str) -> String {
    let error = open(folder(index, shards).path()).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    error.to_string()
}

fn index(weights: &[(&str, &str)]) -> String {
    let weights: BTreeMap<_, _> = weights.iter().copied().collect();
    json!({"metadata": {"total_size": 2}, "weight_map": weights}).to_string()
}

#[test]
fn shards_make_one_checkpoint() {
    let dir = folder(&index(&[("a", "one"), ("b", "two")]), &[("one", &["a"]), ("two", &["b", "unlisted"])]);
    let checkpoint = open(dir.path()).unwrap();
    assert_eq!(checkpoint.names().collect::<Vec<_>>(), ["a", "b", "unlisted"]);
    assert_eq!(checkpoint.tensor("b").unwrap().bytes()[..], [7]);
    assert_eq!(checkpoint.path(), dir.path().join(INDEX));
}

#[test]
fn a_weight_that_its_shard_lacks_is_named_with_it() {
    let message = refused(
        &index(&[("a", "one"), ("b", "two")]),
        &[("one", &["a", "b"]), ("two", &["c"])],
        "invalid_weights",
    );
    assert!(message.contains("`b`") && message.contains("two") && message.contains(INDEX), "{message}");
}

#[test]
fn a_missing_shard_is_named() {
    let message = refused(&index(&[("a", "one"), ("b", "two")]), &[("one", &["a"])], "invalid_model");
    assert!(message.contains("two can't be read"), "{message}");
}

#[test]
fn a_shard_elsewhere_is_refused() {
    for file in ["../one", "/etc/passwd", "sub/one", "..", ".", "", "c:one", "a\\one", "one\0"] {
        let message = refused(&index(&[("a", file)]), &[("one", &["a"])], "invalid_model");
        assert!(message.contains("is not the name of a file beside the index"), "{file}: {message}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_a_blob_is_followed_as_the_hubs_cache_has_it() {
    let blobs = tempfile::tempdir().unwrap();
    write(&blobs.path().join("0123abcd"), &["a"]);
    let dir = folder(&index(&[("a", "one")]), &[]);
    std::os::unix::fs::symlink(blobs.path().join("0123abcd"), dir.path().join("one")).unwrap();
    assert_eq!(open(dir.path()).unwrap().names().count(), 1);
    fs::remove_file(blobs.path().join("0123abcd")).unwrap();
    assert!(open(dir.path()).unwrap_err().to_string().contains("one can't be read"));
}

#[test]
fn a_tensor_in_two_shards_is_the_promised_one_or_refused() {
    let shards: [(&str, &[&str]); 2] = [("one", &["a", "x"]), ("two", &["a", "b"])];
    let dir = folder(&index(&[("a", "two"), ("b", "two"), ("x", "one")]), &shards);
    assert_eq!(open(dir.path()).unwrap().names().count(), 3);
    let message = refused(&index(&[("x", "one"), ("b", "two")]), &shards, "invalid_model");
    assert!(message.contains("`a` is in two shards"), "{message}");
}

#[test]
fn a_broken_index_is_refused() {
    for (text, part) in [
        ("{", "can't be read"),
        ("{}", "weight_map"),
        (r#"{"weight_map": {"a": 1}}"#, "expected a string"),
        (r#"{"weight_map": {"a": "one", "a": "two"}}"#, "`a` appears twice"),
    ] {
        let message = refused(text, &[("one", &["a"]), ("two", &["a"])], "invalid_model");
        assert!(message.contains(part) && message.contains(INDEX), "{message}");
    }
}
