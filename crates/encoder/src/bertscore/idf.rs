//! Inverse document frequencies: a token that stands in every reference says little about any one of them.

use std::collections::{HashMap, HashSet};

use crate::Tokens;

/// `log((N + 1) / (df + 1))` for each token, over N references counted as often as they occur.
#[derive(Debug, Clone)]
pub struct Idf {
    weights: HashMap<i64, f32>,
    unseen: f32,
}

impl Idf {
    /// Counts each token once for each reference it stands in. Candidates never count.
    pub fn from_references(references: &[&Tokens]) -> Self {
        let mut counts: HashMap<i64, usize> = HashMap::new();
        for reference in references {
            for id in reference.ids.iter().collect::<HashSet<_>>() {
                *counts.entry(*id).or_default() += 1;
            }
        }
        let weight = |count: usize| log_ratio(references.len() + 1, count + 1);
        let weights = counts.into_iter().map(|(id, count)| (id, weight(count))).collect();
        Self { weights, unseen: weight(0) }
    }

    pub(super) fn weight(&self, id: i64) -> f32 {
        self.weights.get(&id).copied().unwrap_or(self.unseen)
    }
}

/// In double precision like the reference, then rounded as its tensors are.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
fn log_ratio(above: usize, below: usize) -> f32 {
    (above as f64 / below as f64).ln() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(ids: &[i64]) -> Tokens {
        Tokens::new(ids.to_vec())
    }

    #[test]
    fn references_count_with_multiplicity_and_tokens_once_a_reference() {
        let (a, b) = (tokens(&[1, 5, 5, 2]), tokens(&[1, 6, 2]));
        let idf = Idf::from_references(&[&a, &a, &b]);
        assert_eq!(idf.weight(1), 0.0);
        assert_eq!(idf.weight(5), (4.0f64 / 3.0).ln() as f32);
        assert_eq!(idf.weight(6), 2.0f64.ln() as f32);
        assert_eq!(idf.weight(99), 4.0f64.ln() as f32);
    }

    #[test]
    fn one_reference_weighs_nothing_but_what_it_lacks() {
        let idf = Idf::from_references(&[&tokens(&[1, 5, 2])]);
        assert_eq!((idf.weight(5), idf.weight(7)), (0.0, 2.0f64.ln() as f32));
    }
}
