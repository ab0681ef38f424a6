//! Which texts of a BERTScore request are matched with which, each text once however often it occurs.

use std::collections::HashMap;

use gpu_bridge_encoder::Tokens;
use gpu_bridge_encoder::bertscore::{Idf, Score};
use gpu_bridge_protocol::References;

use crate::device::score_job::{PairPlan, ScorePlan};

/// See the module.
#[derive(Debug, Default)]
pub struct Pairing {
    texts: Vec<String>,
    places: HashMap<String, u32>,
    pairs: Vec<PairPlan>,
    /// How many pairs each candidate has; they lie side by side.
    groups: Vec<usize>,
}

impl Pairing {
    /// Of as many candidates as references, none without one.
    pub fn new(candidates: Vec<String>, references: References) -> Self {
        let groups: Vec<Vec<String>> = match references {
            References::Single(texts) => texts.into_iter().map(|text| vec![text]).collect(),
            References::Multiple(groups) => groups,
        };
        let mut pairing = Self::default();
        for (candidate, group) in candidates.into_iter().zip(groups) {
            pairing.add(candidate, group);
        }
        pairing.places.clear();
        pairing
    }

    fn add(&mut self, candidate: String, references: Vec<String>) {
        let candidate = self.place(candidate);
        self.groups.push(references.len());
        for reference in references {
            let reference = self.place(reference);
            self.pairs.push(PairPlan { candidate, reference });
        }
    }

    fn place(&mut self, text: String) -> u32 {
        let next = self.texts.len() as u32;
        *self.places.entry(text).or_insert_with_key(|text| {
            self.texts.push(text.clone());
            next
        })
    }

    /// The texts, in the order the pairs need them.
    pub fn take_texts(&mut self) -> Vec<String> {
        std::mem::take(&mut self.texts)
    }

    /// Indices of the candidates that were cut, or one of whose references was.
    pub fn truncated(&self, tokens: &[Tokens]) -> Vec<usize> {
        let cut = |text: u32| tokens[text as usize].truncated;
        let cut = |pair: &PairPlan| cut(pair.candidate) || cut(pair.reference);
        self.by_candidate(&self.pairs)
            .enumerate()
            .filter(|(_, pairs)| pairs.iter().any(cut))
            .map(|(index, _)| index)
            .collect()
    }

    /// The device's part, over the tokens of the texts. With `idf`, references count as often as they were sent.
    pub fn plan(&self, tokens: Vec<Tokens>, idf: bool) -> ScorePlan {
        let references =
            || self.pairs.iter().map(|pair| &tokens[pair.reference as usize]).collect::<Vec<_>>();
        let idf = idf.then(|| Idf::from_references(&references()));
        ScorePlan::new(tokens, idf, self.pairs.clone())
    }

    /// Each candidate's best score over its references, for precision, recall and F1 each on its own.
    pub fn best(&self, scores: &[Score]) -> Vec<Score> {
        self.by_candidate(scores).map(best).collect()
    }

    /// Cuts what belongs to pairs into what belongs to candidates.
    fn by_candidate<'a, T>(&'a self, mut of_pairs: &'a [T]) -> impl Iterator<Item = &'a [T]> {
        self.groups.iter().map(move |&count| {
            let (group, rest) = of_pairs.split_at(count);
            of_pairs = rest;
            group
        })
    }
}

fn best(scores: &[Score]) -> Score {
    let highest = |of: fn(&Score) -> f32| scores.iter().map(of).fold(f32::NEG_INFINITY, f32::max);
    Score {
        precision: highest(|score| score.precision),
        recall: highest(|score| score.recall),
        f1: highest(|score| score.f1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn score(precision: f32, recall: f32, f1: f32) -> Score {
        Score { precision, recall, f1 }
    }

    #[test]
    fn a_text_stands_once_in_the_order_the_pairs_need_it() {
        let mut pairing = Pairing::new(texts(&["a", "b", "a"]), References::Single(texts(&["r", "a", "r"])));
        assert_eq!(pairing.take_texts(), ["a", "r", "b"]);
        let pairs: Vec<_> = pairing.pairs.iter().map(|pair| (pair.candidate, pair.reference)).collect();
        assert_eq!(pairs, [(0, 1), (2, 0), (0, 1)]);
    }

    #[test]
    fn the_best_of_several_references_is_taken_number_by_number() {
        let references = References::Multiple(vec![texts(&["x", "y"]), texts(&["z"])]);
        let pairing = Pairing::new(texts(&["a", "b"]), references);
        let best = pairing.best(&[score(0.9, 0.1, 0.2), score(0.3, 0.8, 0.4), score(-0.5, 0.5, 0.0)]);
        assert_eq!(best, [score(0.9, 0.8, 0.4), score(-0.5, 0.5, 0.0)]);
    }

    #[test]
    fn a_pair_is_cut_when_either_side_is() {
        let pairing = Pairing::new(texts(&["a", "b", "c"]), References::Single(texts(&["x", "y", "x"])));
        let tokens = |truncated| Tokens { truncated, ..Tokens::new(vec![1, 2]) };
        let cut = [false, true, true, false, false].map(tokens);
        assert_eq!(pairing.truncated(&cut), [0, 1, 2]);
    }
}
