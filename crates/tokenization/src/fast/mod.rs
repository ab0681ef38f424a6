//! Building a tokenizer of the `tokenizers` crate out of vocabulary files, as transformers 4 converts its slow tokenizers.
//!
//! transformers 5 builds some SentencePiece families otherwise and drops their character map (see the crate's page); a model
//! was trained with the map, and its published tokenizer.json has it.

mod added;
mod byte_pair;
mod frame;
mod sentence_piece;
mod word_piece;

use tokenizers::Tokenizer;

use crate::Error;
use crate::problem::Problem;
use crate::raw::RawTokenizer;
use crate::vocabulary::Vocabulary;
pub(crate) use byte_pair::without_prefix;

/// See the module.
pub(crate) fn build(raw: &RawTokenizer<'_>) -> Result<Tokenizer, Error> {
    let mut tokenizer = match &raw.vocabulary {
        Vocabulary::WordPiece(words) => word_piece::build(raw, words)?,
        Vocabulary::BytePair(pairs) => byte_pair::build(raw, pairs)?,
        Vocabulary::SentencePiece(pieces) => sentence_piece::build(raw, pieces)?,
    };
    added::add(raw, &mut tokenizer)?;
    tokenizer.with_post_processor(Some(frame::template(raw)?));
    Ok(tokenizer)
}

/// The error about the file the vocabulary came from.
fn broken(raw: &RawTokenizer<'_>, problem: Problem) -> Error {
    let file = raw.family.vocabulary_files().first().copied().unwrap_or_default();
    problem.of(raw.folder, file)
}
