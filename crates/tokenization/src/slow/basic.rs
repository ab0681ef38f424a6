//! BERT's basic tokenizer and the word pieces behind it.

use std::collections::BTreeSet;
use std::fmt::{self, Write};

use tokenizers::Model;
use tokenizers::models::wordpiece::WordPiece as Search;
use unicode_normalization::UnicodeNormalization;

use super::added_tokens::AddedTokens;
use crate::Error;
use crate::problem::Problem;
use crate::python;
use crate::raw::RawTokenizer;
use crate::special_token::Role;
use crate::vocabulary::{WordPiece, hashed};

/// See the module.
#[derive(Debug)]
pub(super) struct BasicTokenizer {
    basic: Option<Basic>,
    search: Search,
    unknown: u32,
}

#[derive(Debug)]
struct Basic {
    lower: bool,
    strip_accents: bool,
    chinese: bool,
    /// Words that are looked up as they are.
    whole: BTreeSet<String>,
    /// Words that are neither lower-cased nor split, the special tokens.
    never_split: BTreeSet<String>,
}

impl BasicTokenizer {
    pub(super) fn build(raw: &RawTokenizer<'_>, words: &WordPiece) -> Result<Self, Error> {
        let unknown = raw.special.named(Role::Unk).unwrap_or_default().to_owned();
        let search = Search::builder().vocab(hashed(words.ids())).unk_token(unknown).build();
        let search = search.map_err(|error| Problem::upstream(error).of(raw.folder, "vocab.txt"))?;
        let unknown = raw.id(Role::Unk)?;
        let basic = raw.option("do_basic_tokenize", true)?.then(|| Basic::build(raw)).transpose()?;
        Ok(Self { basic, search, unknown })
    }

    pub(super) fn encode(&self, text: &str, added: &AddedTokens, ids: &mut Vec<u32>) -> Result<(), Error> {
        let Some(basic) = &self.basic else {
            return python::words(text).try_for_each(|word| self.pieces(word, added, ids));
        };
        for word in basic.words(text) {
            if basic.whole.contains(&word) {
                ids.push(added.id(&word).or_else(|| self.search.token_to_id(&word)).unwrap_or(self.unknown));
            } else {
                self.pieces(&word, added, ids)?;
            }
        }
        Ok(())
    }

    pub(super) fn describe(&self, out: &mut impl Write) -> fmt::Result {
        write!(out, "{:?}", self.basic)
    }

    /// A piece that is spelled like an added token has that token's id.
    fn pieces(&self, word: &str, added: &AddedTokens, ids: &mut Vec<u32>) -> Result<(), Error> {
        let tokens = self.search.tokenize(word).map_err(|error| Error::Text(error.to_string()))?;
        ids.extend(tokens.iter().map(|token| added.id(&token.value).unwrap_or(token.id)));
        Ok(())
    }
}

impl Basic {
    fn build(raw: &RawTokenizer<'_>) -> Result<Self, Error> {
        let whole: BTreeSet<String> = raw.option("never_split", BTreeSet::new())?;
        let special = raw.special.all().into_iter().map(|token| token.content.clone());
        let lower = raw.option("do_lower_case", true)?;
        Ok(Self {
            lower,
            strip_accents: raw.option("strip_accents", lower)?,
            chinese: raw.option("tokenize_chinese_chars", true)?,
            never_split: special.chain(whole.iter().cloned()).collect(),
            whole,
        })
    }

    fn words(&self, text: &str) -> Vec<String> {
        let spaced: String = text.chars().flat_map(|c| self.clean(c)).flatten().collect();
        let composed: String = spaced.nfc().collect();
        let mut words = Vec::new();
        for word in python::words(&composed) {
            if self.never_split.contains(word) {
                words.push(word.to_owned());
                continue;
            }
            let word = self.plain(word);
            let parts = if self.never_split.contains(&word) {
                vec![&word[..]]
            } else {
                python::split_punctuation(&word)
            };
            words.extend(parts.into_iter().flat_map(python::words).map(str::to_owned));
        }
        words
    }

    /// A character as it counts: nothing for a control character, with spaces around where it is a word by itself.
    fn clean(&self, c: char) -> [Option<char>; 3] {
        match c {
            '\0' | '\u{fffd}' => [None; 3],
            _ if python::is_control(c) => [None; 3],
            _ if python::is_blank(c) => [Some(' '), None, None],
            _ if self.chinese && is_chinese(c) => [Some(' '), Some(c), Some(' ')],
            _ => [Some(c), None, None],
        }
    }

    fn plain(&self, word: &str) -> String {
        let lowered = if self.lower { word.to_lowercase() } else { word.to_owned() };
        if self.strip_accents { python::strip_accents(&lowered) } else { lowered }
    }
}

/// The blocks of CJK ideographs that BERT splits into characters.
fn is_chinese(c: char) -> bool {
    matches!(u32::from(c),
        0x4e00..=0x9fff | 0x3400..=0x4dbf | 0x20000..=0x2a6df | 0x2a700..=0x2b73f | 0x2b740..=0x2b81f
        | 0x2b820..=0x2ceaf | 0xf900..=0xfaff | 0x2f800..=0x2fa1f)
}
