//! The best way to make a text of pieces, to the last bit as SentencePiece finds it.
//!
//! SentencePiece adds scores as 32-bit numbers and the `tokenizers` crate's search as 64-bit ones, and their rounding decides
//! between ways that differ in the order of their pieces alone: `pneumonopneumono` has many.

use std::collections::HashMap;
use std::ops::Range;

use super::model::{PieceKind, SentencePieceModel};

/// How much worse an unknown character is than the worst piece.
const PENALTY: f32 = 10.0;

/// See the module.
#[derive(Debug)]
pub(super) struct Unigram {
    scores: HashMap<String, f32>,
    /// Bytes of the longest piece.
    longest: usize,
    unknown: f32,
}

/// The best way to a place in the text: its last step's beginning, whether that is a known piece, and the score so far.
#[derive(Debug, Clone, Copy)]
struct Step {
    from: usize,
    known: bool,
    score: f32,
}

impl Unigram {
    pub(super) fn new(model: &SentencePieceModel) -> Self {
        let normal =
            || model.pieces.iter().filter(|piece| piece.kind == PieceKind::Normal).map(|piece| piece.score);
        let best = normal().fold(f32::MIN, f32::max);
        let scores: HashMap<_, _> = model
            .pieces
            .iter()
            .filter_map(|piece| match piece.kind {
                PieceKind::Normal => Some((piece.text.clone(), piece.score)),
                // So good that they are always taken.
                PieceKind::UserDefined => Some((piece.text.clone(), piece.text.len() as f32 * best - 0.1)),
                _ => None,
            })
            .collect();
        let longest = scores.keys().map(String::len).max().unwrap_or_default();
        Self { scores, longest, unknown: normal().fold(f32::MAX, f32::min) - PENALTY }
    }

    /// Where the pieces of `text` are, each with whether it is known; unknown neighbours are one.
    pub(super) fn pieces(&self, text: &str) -> Vec<(Range<usize>, bool)> {
        let steps = self.steps(text);
        let mut pieces: Vec<(Range<usize>, bool)> = Vec::new();
        let mut end = text.len();
        while let Some(Some(step)) = steps.get(end).filter(|_| end > 0) {
            match pieces.last_mut() {
                Some((last, false)) if !step.known => last.start = step.from,
                _ => pieces.push((step.from..end, step.known)),
            }
            end = step.from;
        }
        pieces.reverse();
        pieces
    }

    fn steps(&self, text: &str) -> Vec<Option<Step>> {
        let mut steps = vec![None; text.len() + 1];
        for (from, c) in text.char_indices() {
            let score = steps[from].map_or(0.0, |step: Step| step.score);
            let ends = text[from..].char_indices().map(|(index, c)| from + index + c.len_utf8());
            for end in ends.take_while(|end| end - from <= self.longest) {
                if let Some(own) = self.scores.get(&text[from..end]) {
                    improve(&mut steps[end], from, true, own + score);
                }
            }
            if !self.scores.contains_key(&text[from..from + c.len_utf8()]) {
                improve(&mut steps[from + c.len_utf8()], from, false, self.unknown + score);
            }
        }
        steps
    }
}

fn improve(step: &mut Option<Step>, from: usize, known: bool, score: f32) {
    if step.is_none_or(|old| score > old.score) {
        *step = Some(Step { from, known, score });
    }
}
