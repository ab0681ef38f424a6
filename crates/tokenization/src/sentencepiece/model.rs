//! A SentencePiece model: its pieces, how it was trained and how it normalises, as sentencepiece_model.proto of the
//! reference implementation numbers them. What only training or decoding needs is passed over.

use super::wire::{Fields, Value};
use crate::problem::Problem;

/// Longer than any piece a trainer makes. The `tokenizers` crate keeps pieces in a tree that is as deep as the longest is
/// long and is dropped by recursion, so a piece without a bound would overflow the stack.
pub(crate) const LONGEST_PIECE: usize = 1024;

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct SentencePieceModel {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) training: Training,
    pub(crate) normalizing: Normalizing,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Piece {
    pub(crate) text: String,
    pub(crate) score: f32,
    pub(crate) kind: PieceKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PieceKind {
    Normal,
    Unknown,
    /// Never found in a text: `<s>`, `</s>`.
    Control,
    /// Always found in a text, whatever the scores say.
    UserDefined,
    Byte,
    Unused,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Unigram,
    BytePair,
}

#[derive(Debug, Clone)]
pub(crate) struct Training {
    pub(crate) algorithm: Algorithm,
    pub(crate) byte_fallback: bool,
    pub(crate) whitespace_as_suffix: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Normalizing {
    pub(crate) charsmap: Vec<u8>,
    pub(crate) add_dummy_prefix: bool,
    pub(crate) remove_extra_whitespaces: bool,
    pub(crate) escape_whitespaces: bool,
}

impl SentencePieceModel {
    /// Reads a whole file.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Problem> {
        let mut model =
            Self { pieces: Vec::new(), training: Training::default(), normalizing: Normalizing::default() };
        let mut fields = Fields::new(bytes);
        while let Some((number, value)) = fields.next()? {
            match (number, value) {
                (1, Value::Bytes(message)) => model.pieces.push(Piece::read(message)?),
                (2, Value::Bytes(message)) => model.training.read(message)?,
                (3, Value::Bytes(message)) => model.normalizing.read(message)?,
                _ => {}
            }
        }
        model.unknown().map(|_| model)
    }

    /// The id of the piece that stands for what no piece covers. SentencePiece itself wants exactly one.
    pub(crate) fn unknown(&self) -> Result<usize, Problem> {
        let mut unknown =
            self.pieces.iter().enumerate().filter(|(_, piece)| piece.kind == PieceKind::Unknown);
        match (unknown.next(), unknown.next()) {
            (Some((id, _)), None) => Ok(id),
            (None, _) => Err(Problem::new("It is no SentencePiece model: it has no unknown piece.")),
            (Some(_), Some(_)) => Err(Problem::new("It has more than one unknown piece.")),
        }
    }
}

impl Piece {
    fn read(message: &[u8]) -> Result<Self, Problem> {
        let mut piece = Self { text: String::new(), score: 0.0, kind: PieceKind::Normal };
        let mut fields = Fields::new(message);
        while let Some((number, value)) = fields.next()? {
            match (number, value) {
                (1, Value::Bytes(text)) => piece.text = text_of(text)?,
                (2, Value::Float(score)) => piece.score = score,
                (3, Value::Number(kind)) => piece.kind = PieceKind::read(kind)?,
                _ => {}
            }
        }
        piece.check()
    }

    fn check(self) -> Result<Self, Problem> {
        if self.text.is_empty() {
            return Err(Problem::new("It has an empty piece."));
        }
        if !self.score.is_finite() {
            return Err(Problem::new(format!("The score of its piece {:?} is {}.", self.text, self.score)));
        }
        Ok(self)
    }
}

impl PieceKind {
    fn read(number: u64) -> Result<Self, Problem> {
        Ok(match number {
            1 => Self::Normal,
            2 => Self::Unknown,
            3 => Self::Control,
            4 => Self::UserDefined,
            5 => Self::Unused,
            6 => Self::Byte,
            _ => return Err(Problem::new(format!("It has a piece of the unknown type {number}."))),
        })
    }
}

impl Training {
    fn read(&mut self, message: &[u8]) -> Result<(), Problem> {
        let mut fields = Fields::new(message);
        while let Some((number, value)) = fields.next()? {
            match (number, value) {
                (3, Value::Number(1)) => self.algorithm = Algorithm::Unigram,
                (3, Value::Number(2)) => self.algorithm = Algorithm::BytePair,
                (3, _) => return Err(Problem::new("It is neither a unigram nor a byte-pair model.")),
                (24, Value::Number(flag)) => self.whitespace_as_suffix = flag != 0,
                (35, Value::Number(flag)) => self.byte_fallback = flag != 0,
                _ => {}
            }
        }
        Ok(())
    }
}

impl Normalizing {
    fn read(&mut self, message: &[u8]) -> Result<(), Problem> {
        let mut fields = Fields::new(message);
        while let Some((number, value)) = fields.next()? {
            match (number, value) {
                (2, Value::Bytes(charsmap)) => self.charsmap = charsmap.to_vec(),
                (3, Value::Number(flag)) => self.add_dummy_prefix = flag != 0,
                (4, Value::Number(flag)) => self.remove_extra_whitespaces = flag != 0,
                (5, Value::Number(flag)) => self.escape_whitespaces = flag != 0,
                _ => {}
            }
        }
        Ok(())
    }
}

impl Default for Training {
    fn default() -> Self {
        Self { algorithm: Algorithm::Unigram, byte_fallback: false, whitespace_as_suffix: false }
    }
}

impl Default for Normalizing {
    fn default() -> Self {
        Self {
            charsmap: Vec::new(),
            add_dummy_prefix: true,
            remove_extra_whitespaces: true,
            escape_whitespaces: true,
        }
    }
}

fn text_of(bytes: &[u8]) -> Result<String, Problem> {
    if bytes.len() > LONGEST_PIECE {
        let length = bytes.len();
        return Err(Problem::new(format!("It has a piece of {length} bytes; {LONGEST_PIECE} is the most.")));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::new("It has a piece that is not UTF-8."))?;
    Ok(text.to_owned())
}
