//! transformers' slow tokenizers, which bert-score asks for: the Python classes that came before the `tokenizers` crate.
//!
//! They differ from their fast successors in what they do to a text before its pieces are looked up, so that is done here
//! step by step as they do it; the pieces are looked up with the `tokenizers` crate's models. LLaMA's class, and T5's with
//! `legacy` off, are not among them.

mod added_tokens;
mod albert;
mod basic;
mod sentence_piece;
mod words;

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

use crate::Error;
use crate::family::Family;
use crate::python;
use crate::raw::RawTokenizer;
use crate::special_token::Role;
use added_tokens::{AddedTokens, Segment};
use words::Words;

/// See the module.
#[derive(Debug)]
pub(crate) struct SlowTokenizer {
    added: AddedTokens,
    words: Words,
    /// Spellings that lower-casing leaves alone, where the class lower-cases before it looks for added tokens.
    lower: Option<Vec<String>>,
    before: Before,
    open: Vec<u32>,
    close: Vec<u32>,
    /// The special tokens' ids.
    ids: HashMap<String, u32>,
    description: String,
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
        let mut description = String::new();
        // Writing into a string can't fail.
        let _ = raw.describe(&mut description);
        Ok(Self {
            added: AddedTokens::new(&raw.added)?,
            words: Words::build(raw)?,
            lower: lowers(raw)?.then(|| spared(raw)),
            before: before(raw.family),
            open: ids(frame.open)?,
            close: ids(frame.close)?,
            ids: special_ids(raw),
            description,
        })
    }

    /// The ids of `text` in its frame, at most `limit` of them, and whether some were lost.
    pub(crate) fn encode(
        &self,
        text: &str,
        limit: usize,
        from_left: bool,
    ) -> Result<(Vec<u32>, bool), Error> {
        let mut inner = if text.is_empty() { Vec::new() } else { self.plain(text)? };
        let room = limit.saturating_sub(self.open.len() + self.close.len());
        let lost = inner.len().saturating_sub(room);
        match from_left {
            true => drop(inner.drain(..lost)),
            false => inner.truncate(room),
        }
        let closed = self.open.is_empty() && inner.last().is_some_and(|last| self.close == [*last]);
        let close = if closed { &[][..] } else { &self.close };
        Ok(([&self.open[..], &inner, close].concat(), lost > 0))
    }

    /// The ids of `text` without a frame.
    fn plain(&self, text: &str) -> Result<Vec<u32>, Error> {
        let text = self.before.apply(text);
        let text = self.lower.as_ref().map_or(text.clone(), |spared| lower_around(&text, spared));
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
        format!("slow {}", self.description)
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

/// Whether the class has a `do_lower_case` that is on; BERT's only with its basic tokenizer.
fn lowers(raw: &RawTokenizer<'_>) -> Result<bool, Error> {
    match raw.family {
        Family::Bert | Family::Mpnet => {
            Ok(raw.option("do_basic_tokenize", true)? && raw.option("do_lower_case", true)?)
        }
        Family::Albert => raw.option("do_lower_case", true),
        Family::DebertaV2 => raw.option("do_lower_case", false),
        _ => Ok(false),
    }
}

fn spared(raw: &RawTokenizer<'_>) -> Vec<String> {
    let special = raw.special.all().into_iter().map(|token| token.content.clone());
    let plain = raw.added.values().filter(|token| !token.special && token.normalized());
    special.chain(plain.map(|token| token.content.clone())).collect()
}

/// `text` in lower case but for the `spared` spellings.
fn lower_around(text: &str, spared: &[String]) -> String {
    let (mut lowered, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(c) = rest.chars().next() {
        let kept = spared.iter().find(|kept| rest.starts_with(kept.as_str())).map(String::as_str);
        let length = kept.map_or(c.len_utf8(), str::len);
        match kept {
            Some(kept) => lowered.push_str(kept),
            None => lowered.push_str(&python::lower_each(&rest[..length])),
        }
        rest = &rest[length..];
    }
    lowered
}
