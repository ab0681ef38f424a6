//! The merges of a byte-pair model. SentencePiece keeps none: it joins any two neighbours whose sum is a piece, the one with
//! the best score first. The `tokenizers` crate wants them in order, as transformers derives them.

use std::collections::HashMap;

use crate::problem::Problem;

/// Bytes of merges for each byte of pieces. Real models have two or three; without a bound, a file of one letter repeated
/// ever more often would take the square of its size.
const MOST: usize = 64;

/// Every way to make a piece of two others, best score first; `pieces` are texts with their scores, at their ids.
pub(crate) fn merges(pieces: &[(String, f64)]) -> Result<Vec<(String, String)>, Problem> {
    let ids: HashMap<&str, usize> =
        pieces.iter().enumerate().map(|(id, (text, _))| (text.as_str(), id)).collect();
    let mut found: Vec<_> = pieces.iter().flat_map(|(text, score)| splits(text, *score, &ids)).collect();
    let bytes: usize = found.iter().map(|split| split.left.len() + split.right.len()).sum();
    if bytes > MOST * pieces.iter().map(|(text, _)| text.len()).sum::<usize>() {
        return Err(Problem::new("Its pieces can be made of each other in absurdly many ways."));
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| b.lengths().cmp(&a.lengths())));
    Ok(found.into_iter().map(|split| (split.left.to_owned(), split.right.to_owned())).collect())
}

struct Split<'a> {
    left: &'a str,
    right: &'a str,
    score: f64,
}

impl Split<'_> {
    fn lengths(&self) -> (usize, usize) {
        (self.left.chars().count(), self.right.chars().count())
    }
}

fn splits<'a>(text: &'a str, score: f64, ids: &HashMap<&str, usize>) -> Vec<Split<'a>> {
    let cuts = text.char_indices().skip(1).map(|(index, _)| text.split_at(index));
    let mut found: Vec<_> = cuts
        .filter_map(|(left, right)| Some((ids.get(left)?, ids.get(right)?, Split { left, right, score })))
        .collect();
    found.sort_by_key(|(left, right, _)| (**left, **right));
    found.into_iter().map(|(_, _, split)| split).collect()
}
