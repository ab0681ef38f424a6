//! A candidate and a reference with the states and weights of their tokens, and the score they get.

use tch::Tensor;

use super::Padded;
use crate::Error;

/// A text of special tokens alone has this many; the reference scores it 0.
const SPECIAL_ONLY: usize = 2;

/// States of one text's tokens, `[tokens, hidden]` in float32, each of length 1, on the device.
///
/// Texts of one forward share its memory: keeping one of them keeps all.
#[derive(Debug)]
pub struct TokenStates {
    pub(super) rows: Tensor,
}

/// A candidate and a reference, each with one weight a token.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// The text to judge.
    pub candidate: (&'a TokenStates, &'a [f32]),
    /// What it is judged by.
    pub reference: (&'a TokenStates, &'a [f32]),
    /// What the reference's padding does to the score.
    pub padded: Padded,
}

/// How well a candidate's tokens are found in the reference and the other way round; -1 to 1, in practice 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// Of the candidate's tokens.
    pub precision: f32,
    /// Of the reference's tokens.
    pub recall: f32,
    /// Their harmonic mean.
    pub f1: f32,
}

impl TokenStates {
    pub(super) fn new(rows: Tensor) -> Self {
        Self { rows }
    }

    /// Number of tokens.
    pub fn tokens(&self) -> usize {
        self.rows.size().first().map_or(0, |&n| usize::try_from(n).unwrap_or(0))
    }
}

impl Pair<'_> {
    pub(super) fn sizes(&self) -> (usize, usize) {
        (self.candidate.0.tokens(), self.reference.0.tokens())
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        for (states, weights) in [self.candidate, self.reference] {
            if states.tokens() != weights.len() {
                let (found, expected) = (weights.len(), states.tokens());
                return Err(Error::Length { what: "A list of token weights", found, expected });
            }
        }
        Ok(())
    }

    /// The pair's score from its two means; `index` is its place in the caller's list.
    pub(super) fn finished(&self, index: usize, precision: f32, recall: f32) -> Result<Score, Error> {
        let side = |weights: &[f32], mean: f32| match mean {
            _ if weights.iter().all(|weight| *weight == 0.0) => Ok(0.0),
            mean if mean.is_finite() => Ok(mean),
            _ => Err(Error::NonFinite { index }),
        };
        let (precision, recall) = (side(self.candidate.1, precision)?, side(self.reference.1, recall)?);
        let f1 = 2.0 * precision * recall / (precision + recall);
        Ok(Score { precision, recall, f1: if f1.is_finite() { f1 } else { 0.0 } })
    }

    pub(super) fn is_empty(&self) -> bool {
        let (candidate, reference) = self.sizes();
        candidate <= SPECIAL_ONLY || reference <= SPECIAL_ONLY
    }
}
