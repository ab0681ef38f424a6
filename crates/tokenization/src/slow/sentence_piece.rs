//! The classes around SentencePiece: what they do to a text, and which ids they give its pieces.

use std::collections::HashMap;
use std::fmt::{self, Write};

use super::added_tokens::AddedTokens;
use super::albert::Albert;
use crate::Error;
use crate::family::Family;
use crate::problem::Problem;
use crate::python;
use crate::raw::RawTokenizer;
use crate::sentencepiece::{EncodedPiece, Processor};
use crate::special_token::Role;
use crate::vocabulary::SentencePieces;

/// See the module.
#[derive(Debug)]
pub(super) struct Pieces {
    processor: Processor,
    text: Text,
    ids: Ids,
}

/// What a class does to a text first.
#[derive(Debug)]
enum Text {
    Plain,
    /// DeBERTa v2 may lower-case, and may encode every punctuation mark by itself.
    DebertaV2 {
        lower: bool,
        split: bool,
    },
    Albert(Albert),
}

/// How a class numbers pieces.
#[derive(Debug)]
enum Ids {
    Own,
    /// Some pieces have ids of their own; the others are so much higher than the model has them, but for the unknown one.
    Fairseq {
        first: HashMap<&'static str, u32>,
        offset: u32,
        unknown: u32,
    },
}

impl Pieces {
    pub(super) fn build(raw: &RawTokenizer<'_>, pieces: &SentencePieces) -> Result<Self, Error> {
        let broken = |problem: Problem| problem.of(raw.folder, pieces.file());
        let processor = Processor::new(pieces.model()).map_err(broken)?;
        Ok(Self { processor, text: Text::of(raw)?, ids: Ids::of(raw)? })
    }

    pub(super) fn encode(&self, text: &str, added: &AddedTokens, ids: &mut Vec<u32>) -> Result<(), Error> {
        let pieces = match &self.text {
            Text::Plain => self.processor.encode(text)?,
            Text::DebertaV2 { lower, split } => self.deberta(text, *lower, *split)?,
            Text::Albert(albert) => albert.encode(text, &self.processor)?,
        };
        ids.extend(pieces.iter().map(|piece| added.id(&piece.text).unwrap_or_else(|| self.id(piece))));
        Ok(())
    }

    pub(super) fn describe(&self, out: &mut impl Write) -> fmt::Result {
        write!(out, "{:?}", self.text)
    }

    fn deberta(&self, text: &str, lower: bool, split: bool) -> Result<Vec<EncodedPiece>, Error> {
        let text = if lower { text.to_lowercase() } else { text.to_owned() };
        let words = if split { python::split_punctuation(&text) } else { vec![&text[..]] };
        let encoded: Result<Vec<_>, _> = words.into_iter().map(|word| self.processor.encode(word)).collect();
        Ok(encoded?.concat())
    }

    fn id(&self, piece: &EncodedPiece) -> u32 {
        match &self.ids {
            Ids::Own => piece.id,
            Ids::Fairseq { first, offset, unknown } => match first.get(piece.text.as_str()) {
                Some(id) => *id,
                None if piece.id == self.processor.unknown() => *unknown,
                None => piece.id + offset,
            },
        }
    }
}

impl Text {
    fn of(raw: &RawTokenizer<'_>) -> Result<Self, Error> {
        Ok(match raw.family {
            Family::Albert => Self::Albert(Albert::of(raw)?),
            Family::DebertaV2 => Self::DebertaV2 {
                lower: raw.option("do_lower_case", false)?,
                split: raw.option("split_by_punct", false)?,
            },
            _ => Self::Plain,
        })
    }
}

impl Ids {
    fn of(raw: &RawTokenizer<'_>) -> Result<Self, Error> {
        let fairseq = [("<s>", 0), ("<pad>", 1), ("</s>", 2), ("<unk>", 3)];
        Ok(match raw.family {
            Family::XlmRoberta => {
                Self::Fairseq { first: fairseq.into(), offset: 1, unknown: raw.id(Role::Unk)? }
            }
            Family::Camembert => {
                Self::Fairseq { first: HashMap::new(), offset: 4, unknown: raw.id(Role::Unk)? }
            }
            _ => Self::Own,
        })
    }
}
