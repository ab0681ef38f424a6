//! Normalising as SentencePiece itself does it, character by character, which is what the slow tokenizers see.
//!
//! The fast ones go through the `tokenizers` crate's `Precompiled` instead, which maps grapheme clusters.

use super::charsmap::Charsmap;
use super::model::{PieceKind, SentencePieceModel};
use crate::problem::Problem;

/// A space as SentencePiece writes it: U+2581.
pub(crate) const SPACE: char = '\u{2581}';

/// See the module.
#[derive(Debug)]
pub(crate) struct Normalizer {
    charsmap: Charsmap,
    user_defined: Vec<String>,
    prefix: bool,
    suffix: bool,
    squeeze: bool,
    space: char,
}

impl Normalizer {
    pub(crate) fn new(model: &SentencePieceModel) -> Result<Self, Problem> {
        let spec = &model.normalizing;
        let user_defined = model.pieces.iter().filter(|piece| piece.kind == PieceKind::UserDefined);
        let mut user_defined: Vec<_> = user_defined.map(|piece| piece.text.clone()).collect();
        user_defined.sort_by_key(|text| std::cmp::Reverse(text.len()));
        let suffix = model.training.whitespace_as_suffix;
        Ok(Self {
            charsmap: Charsmap::read(&spec.charsmap)?,
            user_defined,
            prefix: spec.add_dummy_prefix && !suffix,
            suffix: spec.add_dummy_prefix && suffix,
            squeeze: spec.remove_extra_whitespaces,
            space: if spec.escape_whitespaces { SPACE } else { ' ' },
        })
    }

    /// `text` as the model's pieces are written.
    pub(crate) fn normalize(&self, text: &str) -> String {
        let text = if self.squeeze { self.without_leading_spaces(text) } else { text };
        if text.is_empty() {
            return String::new();
        }
        let mut normal = String::with_capacity(text.len() + SPACE.len_utf8());
        normal.extend(self.prefix.then_some(self.space));
        self.write(text, &mut normal);
        if self.squeeze {
            normal.truncate(normal.trim_end_matches(self.space).len());
        }
        normal.extend(self.suffix.then_some(self.space));
        normal
    }

    fn write(&self, mut text: &str, normal: &mut String) {
        let mut after_space = self.squeeze;
        while !text.is_empty() {
            let (written, length) = self.first(text);
            let written = if after_space { written.trim_start_matches(' ') } else { written };
            if !written.is_empty() {
                normal.extend(written.chars().map(|c| if c == ' ' { self.space } else { c }));
                after_space = self.squeeze && written.ends_with(' ');
            }
            text = &text[length..];
        }
    }

    fn without_leading_spaces<'a>(&self, mut text: &'a str) -> &'a str {
        while !text.is_empty() {
            let (written, length) = self.first(text);
            if written != " " {
                break;
            }
            text = &text[length..];
        }
        text
    }

    /// What the beginning of `text` is written as, and how many bytes of `text` that is.
    fn first<'a>(&'a self, text: &'a str) -> (&'a str, usize) {
        let symbol = self.user_defined.iter().find(|symbol| text.starts_with(symbol.as_str()));
        if let Some(symbol) = symbol {
            return (symbol, symbol.len());
        }
        self.charsmap.longest(text).unwrap_or_else(|| {
            let length = text.chars().next().map_or(0, char::len_utf8);
            (&text[..length], length)
        })
    }
}
