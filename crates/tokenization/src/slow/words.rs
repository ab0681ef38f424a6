//! What becomes of the text between added tokens: the `_tokenize` of each class.

use std::fmt::{self, Write};

use tokenizers::Tokenizer;

use super::added_tokens::AddedTokens;
use super::basic::BasicTokenizer;
use super::sentence_piece::Pieces;
use crate::Error;
use crate::fast;
use crate::raw::RawTokenizer;
use crate::vocabulary::Vocabulary;

/// See the module.
#[derive(Debug)]
pub(super) enum Words {
    WordPiece(BasicTokenizer),
    /// The fast tokenizer does to a stretch of text what the slow one does.
    BytePair(Box<Tokenizer>),
    SentencePiece(Pieces),
}

impl Words {
    pub(super) fn build(raw: &RawTokenizer<'_>) -> Result<Self, Error> {
        Ok(match &raw.vocabulary {
            Vocabulary::WordPiece(words) => Self::WordPiece(BasicTokenizer::build(raw, words)?),
            Vocabulary::BytePair(pairs) => Self::BytePair(Box::new(fast::without_prefix(raw, pairs)?)),
            Vocabulary::SentencePiece(pieces) => Self::SentencePiece(Pieces::build(raw, pieces)?),
        })
    }

    /// Adds the ids of `text`.
    pub(super) fn encode(&self, text: &str, added: &AddedTokens, ids: &mut Vec<u32>) -> Result<(), Error> {
        match self {
            Self::WordPiece(words) => words.encode(text, added, ids),
            Self::BytePair(tokenizer) => {
                let encoding = tokenizer.encode_fast(text, false);
                ids.extend(encoding.map_err(|error| Error::Text(error.to_string()))?.get_ids());
                Ok(())
            }
            Self::SentencePiece(pieces) => pieces.encode(text, added, ids),
        }
    }

    /// Writes the class's own options.
    pub(super) fn describe(&self, out: &mut impl Write) -> fmt::Result {
        match self {
            Self::WordPiece(words) => words.describe(out),
            Self::BytePair(_) => Ok(()),
            Self::SentencePiece(pieces) => pieces.describe(out),
        }
    }
}
