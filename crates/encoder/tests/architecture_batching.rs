//! In no architecture does what stands beside a text in a batch, or where, change its states or its vector.

#![allow(clippy::unwrap_used)] // The helpers here are part of the tests.

mod fixtures;
mod made;

use fixtures::{distance, embed_tokens};
use gpu_bridge_encoder::{Device, Dtype, Embedder, TokenEncoder, Tokens, use_threads};
use made::{Golden, POSITIONS, VOCABULARY, WIDTH};
use proptest::prelude::*;

/// Float rounding alone, relative to the length of a state: other numbers of rows take other paths through the same products.
const ROUNDING: f32 = 1e-6;

/// The model that mixes the products of all heads before the softmax, which with weights as large as the made ones magnifies
/// rounding, and what it may differ by.
const MAGNIFYING: (&str, f32) = ("deberta-talking", 3e-6);

/// A batch, and the same one in another order with its texts' places in the first.
#[derive(Debug)]
struct Batch {
    texts: Vec<Tokens>,
    order: Vec<usize>,
}

fn batches() -> impl Strategy<Value = Batch> {
    let text = prop::collection::vec(1..VOCABULARY, 1..=POSITIONS).prop_map(Tokens::new);
    let texts = prop::collection::vec(text, 1..8);
    let shuffled = texts.prop_flat_map(|texts| {
        let order = Just((0..texts.len()).collect::<Vec<_>>()).prop_shuffle();
        (Just(texts), order)
    });
    shuffled.prop_map(|(texts, order)| Batch { texts, order })
}

/// That `run` of the model `name` gives each text the same alone, together and in another order.
fn check(name: &str, batch: &Batch, run: impl Fn(&[&Tokens]) -> Vec<Vec<f32>>) -> Result<(), TestCaseError> {
    let together = run(&batch.texts.iter().collect::<Vec<_>>());
    let shuffled = run(&batch.order.iter().map(|&text| &batch.texts[text]).collect::<Vec<_>>());
    for (place, &text) in batch.order.iter().enumerate() {
        let alone = run(&[&batch.texts[text]]).remove(0);
        let allowed = rounding(name) * longest(&alone);
        for (what, found) in [("together", &together[text]), ("shuffled", &shuffled[place])] {
            let distance = distance(found, &alone);
            prop_assert!(distance <= allowed, "{name}, text {text} {what}: {distance} is beyond {allowed}");
        }
    }
    Ok(())
}

fn rounding(name: &str) -> f32 {
    if name == MAGNIFYING.0 { MAGNIFYING.1 } else { ROUNDING }
}

/// The length of the longest of some states or vectors, all as wide as the made models.
fn longest(rows: &[f32]) -> f32 {
    let length = |row: &[f32]| row.iter().map(|x| x * x).sum::<f32>().sqrt();
    rows.chunks_exact(WIDTH).map(length).fold(0.0, f32::max)
}

fn holds(golden: &Golden) {
    let dir = made::write(golden);
    let encoder = TokenEncoder::load(dir.path(), None, Device::Cpu, Dtype::Float32).unwrap();
    let embedder = Embedder::load(dir.path(), Device::Cpu, Dtype::Float32).unwrap();
    proptest!(ProptestConfig::with_cases(4), |(batch in batches())| {
        check(&golden.name, &batch, |texts| encoder.states(texts).unwrap())?;
        check(&golden.name, &batch, |texts| {
            let texts: Vec<Tokens> = texts.iter().copied().cloned().collect();
            embed_tokens(&embedder, &texts).unwrap()
        })?;
    });
}

#[test]
fn a_text_has_the_same_states_and_vector_in_any_batch_and_order() {
    use_threads(1);
    for golden in made::all() {
        holds(&golden);
    }
}
