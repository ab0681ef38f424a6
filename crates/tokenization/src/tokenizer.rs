//! Texts to tokens, cut where the model ends and never padded.
//!
//! A tokenizer.json carries its own truncation and padding, which belong to whoever saved it: all-MiniLM-L6-v2's cuts at
//! 128 and pads to 128 although the model takes 256. Both are overridden here, always.

use std::collections::HashMap;

use gpu_bridge_checkpoint::ModelFolder;
use tokenizers::normalizers::{Lowercase, NormalizerWrapper, Sequence};
use tokenizers::{Encoding, TruncationParams, TruncationStrategy};

use crate::config::{SentenceConfig, SpecialToken, TokenizerConfig};
use crate::{Error, Tokens};

/// A model's tokenizer. Cheap to share between threads; it has no state.
#[derive(Debug)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    max_length: usize,
    strip: bool,
    cls: Option<i64>,
    sep: Option<i64>,
}

impl Tokenizer {
    /// As sentence-transformers 6 does: `max_seq_length` of sentence_bert_config.json, else the tokenizer's own limit, and
    /// never more than the model's `positions`. Texts are not stripped (version 5.4 ended that).
    pub fn for_embeddings(folder: &ModelFolder, positions: usize) -> Result<Self, Error> {
        let sentence = SentenceConfig::load(folder)?;
        let mut tokenizer = Self::load(folder, positions, sentence.max_seq_length, false)?;
        if sentence.do_lower_case {
            tokenizer.lower_case();
        }
        Ok(tokenizer)
    }

    /// As bert-score does: the tokenizer's own limit, and texts are stripped first.
    pub fn for_bertscore(folder: &ModelFolder, positions: usize) -> Result<Self, Error> {
        Self::load(folder, positions, None, true)
    }

    /// As the cross-encoders of sentence-transformers 6 do: for pairs of texts, with the same limits as for embeddings.
    pub fn for_pairs(folder: &ModelFolder, positions: usize) -> Result<Self, Error> {
        Self::for_embeddings(folder, positions)
    }

    fn load(
        folder: &ModelFolder,
        positions: usize,
        limit: Option<usize>,
        strip: bool,
    ) -> Result<Self, Error> {
        let config = TokenizerConfig::load(folder)?;
        let bytes = folder.bytes("tokenizer.json")?;
        let broken = |error: tokenizers::Error| folder.problem("tokenizer.json", format!("{error}."));
        let mut inner = tokenizers::Tokenizer::from_bytes(bytes).map_err(broken)?;
        let max_length = limit.or_else(|| config.own_limit()).map_or(positions, |limit| limit.min(positions));
        if max_length < 2 {
            let problem = format!("A limit of {max_length} tokens leaves no text.");
            return Err(folder.problem("tokenizer_config.json", problem).into());
        }
        inner.with_padding(None);
        inner.with_truncation(Some(truncation(max_length))).map_err(broken)?;
        let id = |token: Option<SpecialToken>| inner.token_to_id(&token?.into_content()).map(i64::from);
        let (cls, sep) = (id(config.cls_token), id(config.sep_token));
        Ok(Self { inner, max_length, strip, cls, sep })
    }

    /// The tokens of `text`.
    pub fn encode(&self, text: &str) -> Result<Tokens, Error> {
        let text = if self.strip { python_strip(text) } else { text };
        let encoding = self.inner.encode_fast(text, true).map_err(failed)?;
        Ok(tokens(&encoding))
    }

    /// The tokens of a pair of texts in the tokenizer's own frame. One that is too long loses tokens of the longer text
    /// first, and of both by turns once they are equally long.
    pub fn encode_pair(&self, first: &str, second: &str) -> Result<Tokens, Error> {
        let encoding = self.inner.encode_fast((first, second), true).map_err(failed)?;
        let types = encoding.get_type_ids();
        let whole = tokens(&encoding);
        Ok(Tokens { second: types.iter().position(|kind| *kind == 1).unwrap_or(whole.len()), ..whole })
    }

    /// The tokens of `prompt` and `text` run together, as sentence-transformers does; remembers where the prompt ends for
    /// models that leave it out of their pooling.
    pub fn encode_with_prompt(&self, prompt: &str, text: &str) -> Result<Tokens, Error> {
        let mut tokens = self.encode(&[prompt, text].concat())?;
        let alone = self.encode(prompt)?;
        let closes = alone.ids.last().is_some_and(|last| Some(*last) == self.sep);
        tokens.prompt = (alone.len() - usize::from(closes)).min(tokens.len());
        Ok(tokens)
    }

    /// Tokens after which a text is cut, special ones included.
    pub fn max_length(&self) -> usize {
        self.max_length
    }

    /// The ids of the tokens that open and close a text, where the tokenizer's configuration names them.
    pub fn delimiters(&self) -> [Option<i64>; 2] {
        [self.cls, self.sep]
    }

    /// sentence-transformers puts a lower-casing step in front unless the tokenizer has one.
    fn lower_case(&mut self) {
        let own = self.inner.get_normalizer().cloned();
        if own.as_ref().is_some_and(lowers) {
            return;
        }
        let first = NormalizerWrapper::Lowercase(Lowercase);
        let steps = std::iter::once(first).chain(own).collect();
        self.inner.with_normalizer(Some(Sequence::new(steps)));
    }

    /// Everything that decides what tokens a text gets, for a model's fingerprint.
    pub fn description(&self) -> String {
        let vocabulary: HashMap<String, u32> = self.inner.get_vocab(true);
        let mut vocabulary: Vec<_> = vocabulary.into_iter().collect();
        vocabulary.sort();
        format!("{} {} {:?} {vocabulary:?}", self.max_length, self.strip, self.delimiters())
    }
}

#[allow(clippy::needless_pass_by_value)]
fn failed(error: tokenizers::Error) -> Error {
    Error::Text(error.to_string())
}

fn tokens(encoding: &Encoding) -> Tokens {
    let ids = encoding.get_ids().iter().copied().map(i64::from).collect();
    Tokens { truncated: !encoding.get_overflowing().is_empty(), ..Tokens::new(ids) }
}

fn truncation(max_length: usize) -> TruncationParams {
    TruncationParams { max_length, strategy: TruncationStrategy::LongestFirst, ..TruncationParams::default() }
}

fn lowers(normalizer: &NormalizerWrapper) -> bool {
    match normalizer {
        NormalizerWrapper::Lowercase(_) => true,
        NormalizerWrapper::BertNormalizer(bert) => bert.lowercase,
        NormalizerWrapper::Sequence(steps) => steps.as_ref().iter().any(lowers),
        _ => false,
    }
}

/// Python's `str.strip()`: what Unicode calls white space and the four separators U+001C to U+001F.
fn python_strip(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stripping_is_pythons() {
        assert_eq!(python_strip("\u{1f}\u{85}\u{a0} a b\u{3000}\n"), "a b");
        assert_eq!(python_strip("\u{200b}a"), "\u{200b}a");
    }
}
