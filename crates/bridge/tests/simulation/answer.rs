//! What a call was given: all of it, in order, each item once, and from one model.

use gpu_bridge_core::protocol::{BertScoreResponse, RerankResponse, Vectors};

use crate::call::Call;
use crate::question::{is_truncated, relevance};

/// Each vector is its item's number and the model's.
pub(crate) fn check_vectors(call: &Call, vectors: &Vectors) {
    let column = |at: usize| vectors.data.chunks(2).map(move |vector| vector[at]);
    check_numbers(call, column(0));
    check_model(column(1));
    check_usage(call, vectors.data[1], vectors.usage.tokens);
    check_truncated(call, vectors.data[1], &vectors.truncated);
}

/// Precision is the item's number, recall the model's, and F1 the place in the request, which a block of 64 begins.
pub(crate) fn check_scores(call: &Call, scores: &BertScoreResponse) {
    check_numbers(call, scores.precision.iter().copied());
    check_model(scores.recall.iter().copied());
    check_truncated(call, scores.recall[0], &scores.truncated);
    let mut begun = scores.f1.iter().enumerate().map(|(at, &place)| at - place as usize);
    assert!(begun.all(|begun| begun % 64 == 0), "a slice began within a block");
}

/// Every document once, the best first.
pub(crate) fn check_ranks(call: &Call, ranks: &RerankResponse) {
    let mut order: Vec<_> = ranks.results.iter().map(|rank| rank.index).collect();
    assert!(
        order.is_sorted_by(|one, next| relevance(*one) >= relevance(*next)),
        "{order:?} isn't by relevance"
    );
    order.sort_unstable();
    check_numbers(call, order.into_iter().map(|index| index as f32));
    let right = |index: usize, score: f32| (score - relevance(index)).abs() < 1e-6;
    assert!(ranks.results.iter().all(|rank| right(rank.index, rank.relevance_score)), "scores were mixed up");
}

fn check_numbers(call: &Call, numbers: impl Iterator<Item = f32>) {
    assert!(numbers.map(|number| number as usize).eq(0..call.items), "items are lost or out of order");
}

fn check_model(mut models: impl Iterator<Item = f32>) {
    let first = models.next();
    assert!(models.all(|model| Some(model) == first), "one call was answered by several models");
}

/// Hosts of 0.2 don't count.
fn check_usage(call: &Call, model: f32, counted: u64) {
    let expected = if model > 0.0 { call.tokens() } else { 0 };
    assert_eq!(counted, expected, "tokens were lost or counted twice");
}

fn check_truncated(call: &Call, model: f32, truncated: &[usize]) {
    let expected = (0..call.items).filter(|&item| model > 0.0 && is_truncated(item));
    assert!(truncated.iter().copied().eq(expected), "`truncated` names {truncated:?}");
}
