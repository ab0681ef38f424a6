//! Encoding as SentencePiece's own `encode` does.
//!
//! Only normal and user-defined pieces are looked for in texts; control, byte and unused ones are not.

use std::collections::HashMap;
use std::ops::Range;

use ahash::AHashMap;
use tokenizers::Model;
use tokenizers::models::bpe::BPE;

use super::merges::merges;
use super::model::{Algorithm, PieceKind, SentencePieceModel};
use super::normalizer::Normalizer;
use super::unigram::Unigram;
use crate::Error;
use crate::problem::Problem;

/// What the search's own unknown token is called; no piece holds a zero.
const UNKNOWN: &str = "\0";

/// See the module.
#[derive(Debug)]
pub(crate) struct Processor {
    normalizer: Normalizer,
    search: Search,
    /// User-defined pieces, which byte-pair merging leaves alone.
    frozen: Vec<String>,
    ids: HashMap<String, u32>,
    bytes: Option<Vec<EncodedPiece>>,
    unknown: u32,
}

#[derive(Debug)]
enum Search {
    Unigram(Unigram),
    BytePair(Box<BPE>),
}

/// A stretch of the normalised text and its id in the SentencePiece model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EncodedPiece {
    pub(crate) text: String,
    pub(crate) id: u32,
}

impl Processor {
    pub(crate) fn new(model: &SentencePieceModel) -> Result<Self, Problem> {
        let ids: HashMap<_, _> =
            (0..).zip(&model.pieces).map(|(id, piece)| (piece.text.clone(), id)).collect();
        Ok(Self {
            normalizer: Normalizer::new(model)?,
            search: Search::new(model)?,
            frozen: frozen(model),
            bytes: model.training.byte_fallback.then(|| byte_pieces(&ids)).flatten(),
            unknown: u32::try_from(model.unknown()?).unwrap_or_default(),
            ids,
        })
    }

    /// The pieces of `text`.
    pub(crate) fn encode(&self, text: &str) -> Result<Vec<EncodedPiece>, Error> {
        let normal = self.normalizer.normalize(text);
        let mut pieces = Vec::new();
        for (stretch, frozen) in self.stretches(&normal) {
            match frozen {
                true => pieces.push(EncodedPiece { text: stretch.to_owned(), id: self.id(stretch) }),
                false => self.search(stretch, &mut pieces)?,
            }
        }
        Ok(pieces)
    }

    /// The id of the piece `text`, or the unknown piece's.
    pub(crate) fn id(&self, text: &str) -> u32 {
        self.ids.get(text).copied().unwrap_or(self.unknown)
    }

    /// The id of the unknown piece.
    pub(crate) fn unknown(&self) -> u32 {
        self.unknown
    }

    /// `text` cut at user-defined pieces, each stretch with whether it is one.
    fn stretches<'a>(&self, text: &'a str) -> Vec<(&'a str, bool)> {
        let (mut found, mut plain, mut index) = (Vec::new(), 0, 0);
        while !self.frozen.is_empty() && index < text.len() {
            let symbol = self.frozen.iter().find(|symbol| text[index..].starts_with(symbol.as_str()));
            if let Some(symbol) = symbol {
                found.extend([(&text[plain..index], false), (&text[index..index + symbol.len()], true)]);
                plain = index + symbol.len();
            }
            let character = text[index..].chars().next().map_or(1, char::len_utf8);
            index += symbol.map_or(character, String::len);
        }
        found.push((&text[plain..], false));
        found.retain(|(stretch, _)| !stretch.is_empty());
        found
    }

    fn search(&self, stretch: &str, pieces: &mut Vec<EncodedPiece>) -> Result<(), Error> {
        for (range, known) in self.search.pieces(stretch)? {
            let text = &stretch[range];
            match self.bytes.as_ref().filter(|_| !known) {
                Some(bytes) => pieces.extend(text.bytes().map(|byte| bytes[usize::from(byte)].clone())),
                None => pieces.push(EncodedPiece { text: text.to_owned(), id: self.id(text) }),
            }
        }
        Ok(())
    }
}

impl Search {
    fn new(model: &SentencePieceModel) -> Result<Self, Problem> {
        match model.training.algorithm {
            Algorithm::Unigram => Ok(Self::Unigram(Unigram::new(model))),
            Algorithm::BytePair => byte_pair(model).map(|search| Self::BytePair(Box::new(search))),
        }
    }

    /// Where the pieces of `text` are, each with whether it is known.
    fn pieces(&self, text: &str) -> Result<Vec<(Range<usize>, bool)>, Error> {
        match self {
            Self::Unigram(search) => Ok(search.pieces(text)),
            Self::BytePair(search) => {
                let tokens = search.tokenize(text).map_err(|error| Error::Text(error.to_string()))?;
                Ok(tokens
                    .into_iter()
                    .map(|token| (token.offsets.0..token.offsets.1, token.id != 0))
                    .collect())
            }
        }
    }
}

/// The `tokenizers` crate's search, whose unknown token has the id 0.
fn byte_pair(model: &SentencePieceModel) -> Result<BPE, Problem> {
    let searched =
        model.pieces.iter().filter(|piece| matches!(piece.kind, PieceKind::Normal | PieceKind::UserDefined));
    let pieces: Vec<_> = searched.map(|piece| (piece.text.clone(), f64::from(piece.score))).collect();
    let merges = merges(&pieces)?;
    let names = std::iter::once(UNKNOWN.to_owned()).chain(pieces.into_iter().map(|(text, _)| text));
    let vocabulary: AHashMap<_, _> = names.zip(0..).collect();
    let builder = BPE::builder().vocab_and_merges(vocabulary, merges).unk_token(UNKNOWN.to_owned());
    builder.fuse_unk(true).build().map_err(Problem::upstream)
}

/// The user-defined pieces that a search must not see; a unigram search gives them a score that always wins instead.
fn frozen(model: &SentencePieceModel) -> Vec<String> {
    if model.training.algorithm == Algorithm::Unigram {
        return Vec::new();
    }
    let pieces = model.pieces.iter().filter(|piece| piece.kind == PieceKind::UserDefined);
    let mut texts: Vec<_> = pieces.map(|piece| piece.text.clone()).collect();
    texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
    texts
}

/// `<0x00>` to `<0xFF>`, where the model has them all.
fn byte_pieces(ids: &HashMap<String, u32>) -> Option<Vec<EncodedPiece>> {
    let piece = |byte: u8| {
        let text = format!("<0x{byte:02X}>");
        ids.get(&text).map(|id| EncodedPiece { text: text.clone(), id: *id })
    };
    (0..=u8::MAX).map(piece).collect()
}
