//! The vocabulary of a tokenizer that comes without a tokenizer.json: its tokens, their ids and what joins them.

mod byte_pair;
mod sentence_pieces;
mod word_piece;

use std::collections::HashMap;
use std::fmt::{self, Write};

use ahash::AHashMap;
use gpu_bridge_checkpoint::ModelFolder;

use crate::Error;
use crate::family::Family;
use crate::settings::Settings;
pub(crate) use byte_pair::BytePair;
pub(crate) use sentence_pieces::{SentencePieces, digit_comma};
pub(crate) use word_piece::WordPiece;

/// See the module.
#[derive(Debug)]
pub(crate) enum Vocabulary {
    WordPiece(WordPiece),
    BytePair(BytePair),
    SentencePiece(Box<SentencePieces>),
}

impl Vocabulary {
    pub(crate) fn load(family: Family, settings: &Settings, folder: &ModelFolder) -> Result<Self, Error> {
        Ok(match family {
            Family::Bert | Family::Mpnet => Self::WordPiece(WordPiece::load(folder)?),
            Family::Roberta | Family::Gpt2 | Family::Deberta | Family::Qwen2 => {
                Self::BytePair(BytePair::load(family, folder)?)
            }
            _ => Self::SentencePiece(Box::new(SentencePieces::load(family, settings, folder)?)),
        })
    }

    /// The id of every token.
    pub(crate) fn ids(&self) -> &HashMap<String, u32> {
        match self {
            Self::WordPiece(vocabulary) => vocabulary.ids(),
            Self::BytePair(vocabulary) => vocabulary.ids(),
            Self::SentencePiece(vocabulary) => vocabulary.ids(),
        }
    }

    /// Writes everything that decides tokens, the same for the same vocabulary.
    pub(crate) fn describe(&self, out: &mut impl Write) -> fmt::Result {
        let mut ids: Vec<_> = self.ids().iter().collect();
        ids.sort();
        write!(out, "{ids:?}")?;
        match self {
            Self::WordPiece(_) => Ok(()),
            Self::BytePair(vocabulary) => write!(out, "{:?}", vocabulary.merges()),
            Self::SentencePiece(vocabulary) => write!(out, "{:?}", vocabulary.model()),
        }
    }
}

/// `ids` as the `tokenizers` crate takes them.
pub(crate) fn hashed(ids: &HashMap<String, u32>) -> AHashMap<String, u32> {
    ids.iter().map(|(token, id)| (token.clone(), *id)).collect()
}
