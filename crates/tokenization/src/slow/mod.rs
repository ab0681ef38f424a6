//! transformers' slow tokenizers, which bert-score asks for: the Python classes that came before the `tokenizers` crate.
//!
//! They differ from their fast successors in what they do to a text before its pieces are looked up, so that is done here
//! step by step as they do it; the pieces are looked up with the `tokenizers` crate's models. LLaMA's class, and T5's with
//! `legacy` off, are not among them.

mod added_tokens;
mod albert;
mod basic;
mod lower_case;
mod sentence_piece;
mod words;

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

use crate::digest::Digest;
use crate::family::Family;
use crate::raw::RawTokenizer;
use crate::special_token::Role;
use crate::{Error, Tokens};
use added_tokens::{AddedTokens, Segment};
use lower_case::LowerCase;
use words::Words;

/// See the module.
#[derive(Debug)]
pub(crate) struct SlowTokenizer {
    added: AddedTokens,
    words: Words,
    lower: LowerCase,
    before: Before,
    open: Vec<u32>,
    close: Vec<u32>,
    /// The special tokens' ids.
    ids: HashMap<String, u32>,
    /// A hash of everything that decides tokens.
    description: String,
    max_length: usize,
    from_left: bool,
}

/// What happens to a whole text first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    /// bert-score asks RoBERTa's and GPT-2's classes for a space in front, and these two alone.
    Space,
    /// Qwen2's class composes characters.
    Compose,
}

impl SlowTokenizer {
    /// Whether there is a slow class for what the files describe.
    pub(crate) fn covers(raw: &RawTokenizer<'_>) -> Result<bool, Error> {
        Ok(match raw.family {
            Family::Llama => false,
            Family::T5 => raw.option("legacy", true)?,
            _ => true,
        })
    }

    pub(crate) fn build(raw: &RawTokenizer<'_>) -> Result<Self, Error> {
        let frame = raw.family.frame();
        let ids = |roles: &[Role]| roles.iter().map(|role| raw.id(*role)).collect::<Result<_, _>>();
        let words = Words::build(raw)?;
        let mut description = Digest::default();
        // Writing to a digest can't fail.
        let _ = raw.describe(&mut description).and_then(|()| words.describe(&mut description));
        Ok(Self {
            added: AddedTokens::new(&raw.added)?,
            words,
            lower: LowerCase::of(raw)?,
            before: before(raw.family),
            open: ids(frame.open)?,
            close: ids(frame.close)?,
            ids: special_ids(raw),
            description: description.hex(),
            max_length: usize::MAX,
            from_left: false,
        })
    }

    /// Cuts a text after `max_length` tokens, special ones included, or before the last so many.
    pub(crate) fn limit(&mut self, max_length: usize, from_left: bool) {
        (self.max_length, self.from_left) = (max_length, from_left);
    }

    pub(crate) fn encode(&self, text: &str) -> Result<Tokens, Error> {
        let mut inner = if text.is_empty() { Vec::new() } else { self.plain(text)? };
        let room = self.max_length.saturating_sub(self.open.len() + self.close.len());
        let lost = inner.len().saturating_sub(room);
        match self.from_left {
            true => drop(inner.drain(..lost)),
            false => inner.truncate(room),
        }
        let ids =
            [&self.open[..], &inner, self.closing(&inner)].concat().into_iter().map(i64::from).collect();
        Ok(Tokens { truncated: lost > 0, ..Tokens::new(ids) })
    }

    /// T5's class closes nothing that ends in what closes.
    fn closing(&self, inner: &[u32]) -> &[u32] {
        let closed = self.open.is_empty() && inner.last().is_some_and(|last| self.close == [*last]);
        if closed { &[] } else { &self.close }
    }

    /// The ids of `text` without a frame.
    fn plain(&self, text: &str) -> Result<Vec<u32>, Error> {
        let text = self.lower.apply(self.before.apply(text));
        let mut ids = Vec::new();
        for segment in self.added.split(&text) {
            match segment {
                Segment::Added(id) => ids.push(id),
                Segment::Text(text) => self.words.encode(&text, &self.added, &mut ids)?,
            }
        }
        Ok(ids)
    }

    /// The id of `token`.
    pub(crate) fn id(&self, token: &str) -> Option<u32> {
        self.ids.get(token).copied()
    }

    /// Everything that decides tokens, the same for the same tokenizer.
    pub(crate) fn describe(&self) -> String {
        format!("slow {} {}", self.from_left, self.description)
    }
}

impl Before {
    fn apply(self, text: &str) -> String {
        match self {
            Self::Nothing => text.to_owned(),
            Self::Space => format!(" {text}"),
            Self::Compose => text.nfc().collect(),
        }
    }
}

fn special_ids(raw: &RawTokenizer<'_>) -> HashMap<String, u32> {
    let contents = raw.special.all().into_iter().map(|token| token.content.clone());
    contents.filter_map(|content| raw.id_of(&content).map(|id| (content, id))).collect()
}

fn before(family: Family) -> Before {
    match family {
        Family::Roberta | Family::Gpt2 => Before::Space,
        Family::Qwen2 => Before::Compose,
        _ => Before::Nothing,
    }
}
