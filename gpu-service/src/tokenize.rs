//! Texts to tokens on CPU workers, in pieces, so that requests take turns.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use futures_util::future::try_join_all;
use gpu_bridge_encoder::{Error, PairTokenizer, Tokenizer, Tokens};

use crate::cpu::CpuWorkers;
use crate::error::ServiceError;

/// Bytes of text a piece: a few milliseconds of work.
const PIECE: usize = 32 * 1024;

/// What to turn into tokens, and how.
#[derive(Clone)]
pub struct Tokenization {
    /// By what.
    pub how: How,
    /// The texts.
    pub texts: Arc<Vec<String>>,
}

/// What makes tokens of a text.
#[derive(Clone)]
pub enum How {
    /// The text by itself.
    Plain(Arc<Tokenizer>),
    /// Behind a prompt.
    Prompted(Arc<Tokenizer>, Arc<str>),
    /// As the second of a pair; the first is always the same.
    Paired(PairTokenizer, Arc<str>),
}

impl How {
    /// Bytes that are tokenised with each text.
    fn beside(&self) -> usize {
        match self {
            Self::Plain(_) => 0,
            Self::Prompted(_, beside) | Self::Paired(_, beside) => beside.len(),
        }
    }

    fn encode(&self, text: &str) -> Result<Tokens, Error> {
        match self {
            Self::Plain(tokenizer) => Ok(tokenizer.encode(text)?),
            Self::Prompted(tokenizer, prompt) => Ok(tokenizer.encode_with_prompt(prompt, text)?),
            Self::Paired(tokenizer, first) => tokenizer.encode(first, text),
        }
    }
}

impl Tokenization {
    /// Runs it. The tokens are in the order of the texts. Dropping the future ends the work within a text.
    ///
    /// # Errors
    /// When a text can't be tokenised.
    pub async fn run(&self, workers: &CpuWorkers) -> Result<Vec<Tokens>, ServiceError> {
        let stop = StopOnDrop(Arc::default());
        let beside = self.how.beside();
        let pieces = pieces(&self.texts, beside).into_iter().map(|piece| {
            let (work, stop) = (self.clone(), Arc::clone(&stop.0));
            let bytes = self.texts[piece.clone()].iter().map(|text| beside + text.len()).sum();
            async move { workers.run(bytes, move || work.piece(piece, &stop)).await? }
        });
        Ok(try_join_all(pieces).await?.concat())
    }

    fn piece(&self, range: Range<usize>, stop: &AtomicBool) -> Result<Vec<Tokens>, ServiceError> {
        let encode = |text: &String| {
            if stop.load(Relaxed) { Err(ServiceError::Cancelled) } else { self.encode(text) }
        };
        self.texts[range].iter().map(encode).collect()
    }

    fn encode(&self, text: &str) -> Result<Tokens, ServiceError> {
        self.how.encode(text).map_err(|error| ServiceError::InferenceFailed { reason: error.to_string() })
    }
}

struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// Ranges of neighbours with at most about [`PIECE`] bytes each, one text at least; `beside` bytes go with each text.
fn pieces(texts: &[String], beside: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (index, text) in texts.iter().enumerate() {
        if bytes > 0 && bytes + beside + text.len() > PIECE {
            pieces.push(start..index);
            (start, bytes) = (index, 0);
        }
        bytes += (beside + text.len()).max(1);
    }
    pieces.push(start..texts.len());
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_cover_every_text_once_and_stay_small(
            lengths in prop::collection::vec(0..3 * PIECE, 1..40),
            beside in 0..PIECE,
        ) {
            let texts: Vec<String> = lengths.iter().map(|&length| "x".repeat(length)).collect();
            let pieces = pieces(&texts, beside);
            let covered: Vec<usize> = pieces.iter().cloned().flatten().collect();
            prop_assert_eq!(covered, (0..texts.len()).collect::<Vec<_>>());
            for piece in pieces {
                let bytes: usize = lengths[piece.clone()].iter().map(|length| beside + length).sum();
                prop_assert!(piece.len() == 1 || bytes <= PIECE);
            }
        }
    }
}
