//! A model that gives no numbers for one text: the refusal names that text, and others get their answers.

// Helpers of a test fail it like the test itself.
#![allow(clippy::unwrap_used)]

mod support;
#[path = "../../crates/encoder/tests/tiny/mod.rs"]
mod tiny;

use serde_json::json;
use support::Running;
use tiny::TinyModel;

/// Its place in the tiny vocabulary, whose vectors are eight wide.
const DOG: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn the_text_without_numbers_is_named() {
    let mut model = TinyModel::new();
    let words = model.weights.get_mut("embeddings.word_embeddings.weight").unwrap();
    for number in words.bytes[DOG * 8 * 4..][..8 * 4].chunks_mut(4) {
        number.copy_from_slice(&f32::NAN.to_le_bytes());
    }
    let model = model.write();
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(model.path(), folder.path().join("tiny")).unwrap();
    let path = folder.path().to_str().unwrap();
    let service = ["gpu-service", "--port", "0", "--device", "cpu", "--offline", "--model-path", path];
    let models = ["--model-embed", "tiny", "--model-bertscore", "tiny"];
    let running = Running::of(&[&service[..], &models].concat()).await;

    let bodies = [
        json!({"texts": ["cat", "Cat", "cat dog"]}).to_string(),
        json!({"texts": ["cat", "Cat"]}).to_string(),
        json!({"candidates": ["cat", "Cat"], "references": ["cat", "dog"], "num_layers": 2}).to_string(),
    ];
    let embedded = running.post("/embed", &bodies[0]);
    let well = running.post("/embed", &bodies[1]);
    let scored = running.post("/bertscore", &bodies[2]);
    let (embedded, well, scored) = tokio::join!(embedded, well, scored);

    assert_eq!(embedded.refusal(), (500, "non_finite_output".to_owned()));
    let message = |answer: &support::Answer| answer.json()["detail"].as_str().unwrap().to_owned();
    assert_eq!(
        message(&embedded),
        "The model gave a number that isn't finite for `texts[2]`. Try GPU_DTYPE=float32, or leave it out."
    );
    assert_eq!(well.status, 200);
    assert!(message(&scored).contains("for one of the texts."), "{scored:?}");
}
