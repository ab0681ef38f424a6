//! What stands beside a text in a batch, and where, never changes its vector.

#![allow(clippy::unwrap_used)] // The helpers here are part of the tests.

mod fixtures;

use std::cell::OnceCell;

use fixtures::{distance, embed_tokens, minilm};
use gpu_bridge_encoder::{Device, Dtype, Embedder, Tokens};
use proptest::prelude::*;

/// Float rounding alone: other numbers of rows take other paths through the same products.
const ROUNDING: f32 = 1e-6;

fn embedder() -> Embedder {
    Embedder::load(&minilm(), Device::Cpu, Dtype::Float32).unwrap()
}

fn tokens(ids: &[i64]) -> Tokens {
    let ids = [&[101], ids, &[102]].concat();
    Tokens::new(ids)
}

#[test]
fn a_vector_is_the_same_in_any_batch_and_order() {
    let embedder = embedder();
    let alone: OnceCell<Vec<f32>> = OnceCell::new();
    let subject = tokens(&[2023, 2003, 1037, 4937]);
    let neighbour = prop::collection::vec(1000i64..30_000, 0..60).prop_map(|ids| tokens(&ids));
    let batches = (prop::collection::vec(neighbour, 0..20), any::<prop::sample::Index>());
    proptest!(ProptestConfig::with_cases(12), |((mut batch, place) in batches)| {
        let place = place.index(batch.len() + 1);
        batch.insert(place, subject.clone());
        let alone = alone.get_or_init(|| embed_tokens(&embedder, std::slice::from_ref(&subject)).unwrap().remove(0));
        let vectors = embed_tokens(&embedder, &batch).unwrap();
        prop_assert_eq!(vectors.len(), batch.len());
        prop_assert!(distance(&vectors[place], alone) <= ROUNDING, "{}", distance(&vectors[place], alone));
    });
}

#[test]
fn a_batch_of_n_is_n_batches_of_one() {
    let embedder = embedder();
    let texts = prop::collection::vec(prop::collection::vec(1000i64..30_000, 0..100), 1..12);
    proptest!(ProptestConfig::with_cases(6), |(texts in texts)| {
        let batch: Vec<Tokens> = texts.iter().map(|ids| tokens(ids)).collect();
        let together = embed_tokens(&embedder, &batch).unwrap();
        for (text, vector) in batch.iter().zip(&together) {
            let alone = embed_tokens(&embedder, std::slice::from_ref(text)).unwrap().remove(0);
            prop_assert!(distance(vector, &alone) <= ROUNDING, "{}", distance(vector, &alone));
        }
    });
}

#[test]
fn an_empty_batch_is_no_vectors_and_foreign_tokens_are_refused() {
    let embedder = embedder();
    assert!(embedder.embed(&[]).unwrap().is_empty());
    let error = embedder.embed(&[&tokens(&[5]), &tokens(&[30_522])]).unwrap_err();
    assert!(error.to_string().contains("30522"), "{error}");
    let error = embedder.embed(&[&tokens(&[5; 511])]).unwrap_err();
    assert!(error.to_string().contains("513") && error.to_string().contains("512"), "{error}");
}
