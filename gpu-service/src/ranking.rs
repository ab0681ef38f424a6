//! The answer of a rerank request: its documents by their scores, as many and with as much as was asked for.

use gpu_bridge_protocol::{DocumentText, RankedDocument};

/// See the module.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ranking {
    /// The best so many; absent: all.
    pub top_n: Option<usize>,
    /// Whether the documents' texts go with them.
    pub texts: bool,
}

impl Ranking {
    /// Best first, equals in their order; `scores[i]` is of `documents[i]`.
    pub fn of(&self, scores: &[f32], documents: &[String]) -> Vec<RankedDocument> {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        order.truncate(self.top_n.unwrap_or(usize::MAX));
        let document = |index: usize| DocumentText { text: documents[index].clone() };
        let place = |index: usize| RankedDocument {
            index,
            relevance_score: scores[index],
            document: self.texts.then(|| document(index)),
        };
        order.into_iter().map(place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(scores: &[f32], top_n: Option<usize>) -> Vec<usize> {
        let ranking = Ranking { top_n, texts: false };
        ranking.of(scores, &[]).into_iter().map(|place| place.index).collect()
    }

    #[test]
    fn the_best_come_first_and_equals_keep_their_order() {
        assert_eq!(order(&[0.1, 0.9, 0.5, 0.9, 1.0], None), [4, 1, 3, 2, 0]);
        assert_eq!(order(&[0.5, 0.5, 0.5], Some(2)), [0, 1]);
        assert_eq!(order(&[0.5], Some(9)), [0]);
    }

    #[test]
    fn texts_go_with_their_scores() {
        let documents = ["a", "b"].map(str::to_owned);
        let ranked = Ranking { top_n: Some(1), texts: true }.of(&[0.1, 0.2], &documents);
        assert_eq!(ranked[0].document.as_ref().unwrap().text, "b");
    }
}
