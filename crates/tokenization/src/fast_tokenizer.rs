//! A tokenizer of the `tokenizers` crate: from tokenizer.json, or built out of vocabulary files.
//!
//! A tokenizer.json carries its own truncation and padding, which belong to whoever saved it: all-MiniLM-L6-v2's cuts at
//! 128 and pads to 128 although the model takes 256. Both are overridden here, always. And transformers lets
//! tokenizer_config.json have the last word on casing, accents and the space in front; so does this.

use gpu_bridge_checkpoint::ModelFolder;
use tokenizers::normalizers::{Lowercase, NormalizerWrapper, Sequence};
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::{Encoding, PostProcessor};

use crate::family::Family;
use crate::settings::Settings;
use crate::tokenizer_json::TokenizerJson;
use crate::truncation::{cut, longest_first};
use crate::{Error, Tokens};

/// See the module.
#[derive(Debug)]
pub(crate) struct FastTokenizer {
    inner: tokenizers::Tokenizer,
    /// A hash of the files that it was made of.
    source: String,
    /// For bert-score, which asks RoBERTa's and GPT-2's slow classes for a space in front.
    space_in_front: bool,
    max_length: usize,
    from_left: bool,
}

impl FastTokenizer {
    pub(crate) fn new(inner: tokenizers::Tokenizer, source: String) -> Self {
        Self { inner, source, space_in_front: false, max_length: usize::MAX, from_left: false }
    }

    /// The folder's tokenizer.json.
    pub(crate) fn from_json(
        family: Option<Family>,
        settings: &Settings,
        folder: &ModelFolder,
    ) -> Result<Self, Error> {
        let (mut inner, source) = TokenizerJson::build(folder)?;
        match family {
            Some(Family::Bert | Family::Mpnet) => follow_bert_options(&mut inner, settings, folder)?,
            Some(Family::Roberta | Family::Gpt2 | Family::Deberta) => {
                follow_prefix(&mut inner, settings, folder)?;
            }
            _ => {}
        }
        Ok(Self::new(inner, source))
    }

    /// Puts a space in front of every text.
    pub(crate) fn with_space_in_front(mut self) -> Self {
        self.space_in_front = true;
        self
    }

    /// Cuts at `max_length` tokens, special ones included, and never pads.
    pub(crate) fn limit(&mut self, max_length: usize, from_left: bool) -> Result<(), Error> {
        (self.max_length, self.from_left) = (max_length, from_left);
        self.inner.with_padding(None).with_truncation(None).map_err(failed)?;
        self.room(false).map(|_| ())
    }

    /// Tokens that a text, or both of a pair, may have within their frame.
    fn room(&self, pair: bool) -> Result<usize, Error> {
        let frame = self.inner.get_post_processor().map_or(0, |frame| frame.added_tokens(pair));
        let limit = self.max_length;
        let long = || Error::Text(format!("a limit of {limit} tokens is less than the {frame} of its frame"));
        limit.checked_sub(frame).ok_or_else(long)
    }

    /// Puts a lower-casing step in front unless the tokenizer has one, as sentence-transformers does.
    pub(crate) fn lower_case(&mut self) {
        let own = self.inner.get_normalizer().cloned();
        if own.as_ref().is_some_and(lowers) {
            return;
        }
        let first = NormalizerWrapper::Lowercase(Lowercase);
        let steps = std::iter::once(first).chain(own).collect();
        self.inner.with_normalizer(Some(Sequence::new(steps)));
    }

    pub(crate) fn encode(&self, text: &str) -> Result<Tokens, Error> {
        let spaced = self.space_in_front && !text.is_empty();
        let mut plain = if spaced { self.plain(&format!(" {text}"))? } else { self.plain(text)? };
        let truncated = cut(&mut plain, self.room(false)?, self.from_left);
        let framed = self.inner.post_process(plain, None, true).map_err(failed)?;
        Ok(Tokens { truncated, ..tokens(&framed) })
    }

    pub(crate) fn encode_pair(&self, first: &str, second: &str) -> Result<Tokens, Error> {
        let (mut first, mut second) = (self.plain(first)?, self.plain(second)?);
        second.set_type_ids(vec![1; second.len()]);
        let (keep_first, keep_second) = longest_first(first.len(), second.len(), self.room(true)?);
        let lost_first = cut(&mut first, keep_first, self.from_left);
        let truncated = cut(&mut second, keep_second, self.from_left) || lost_first;
        let framed = self.inner.post_process(first, Some(second), true).map_err(failed)?;
        let whole = tokens(&framed);
        let second = framed.get_type_ids().iter().position(|kind| *kind == 1);
        Ok(Tokens { second: second.unwrap_or(whole.len()), truncated, ..whole })
    }

    /// `text` whole and without a frame.
    fn plain(&self, text: &str) -> Result<Encoding, Error> {
        self.inner.encode_fast(text, false).map_err(failed)
    }

    pub(crate) fn id(&self, token: &str) -> Option<u32> {
        self.inner.token_to_id(token)
    }

    /// The ids of all special tokens.
    pub(crate) fn special_ids(&self) -> Vec<u32> {
        let added = self.inner.get_added_tokens_decoder();
        added.into_iter().filter(|(_, token)| token.special).map(|(id, _)| id).collect()
    }

    /// Everything that decides tokens, the same for the same files. The crate's own serialisation is not for this: it counts
    /// through all ids up to the largest, and prints those that no token has.
    pub(crate) fn describe(&self) -> String {
        let json =
            |part: Result<String, _>| part.unwrap_or_else(|error: serde_json::Error| error.to_string());
        let normalizer = json(serde_json::to_string(&self.inner.get_normalizer()));
        let pre_tokenizer = json(serde_json::to_string(&self.inner.get_pre_tokenizer()));
        format!(
            "fast {} {} {} {normalizer} {pre_tokenizer}",
            self.space_in_front, self.from_left, self.source
        )
    }
}

fn follow_bert_options(
    inner: &mut tokenizers::Tokenizer,
    settings: &Settings,
    folder: &ModelFolder,
) -> Result<(), Error> {
    let Some(NormalizerWrapper::BertNormalizer(mut bert)) = inner.get_normalizer().cloned() else {
        return Ok(());
    };
    bert.lowercase = settings.get("do_lower_case", folder)?.unwrap_or(true);
    bert.strip_accents = settings.get("strip_accents", folder)?;
    bert.handle_chinese_chars = settings.get("tokenize_chinese_chars", folder)?.unwrap_or(true);
    inner.with_normalizer(Some(bert));
    Ok(())
}

fn follow_prefix(
    inner: &mut tokenizers::Tokenizer,
    settings: &Settings,
    folder: &ModelFolder,
) -> Result<(), Error> {
    let Some(PreTokenizerWrapper::ByteLevel(mut bytes)) = inner.get_pre_tokenizer().cloned() else {
        return Ok(());
    };
    bytes.add_prefix_space = settings.get("add_prefix_space", folder)?.unwrap_or(false);
    inner.with_pre_tokenizer(Some(bytes));
    Ok(())
}

fn tokens(encoding: &Encoding) -> Tokens {
    Tokens::new(encoding.get_ids().iter().copied().map(i64::from).collect())
}

#[allow(clippy::needless_pass_by_value)]
fn failed(error: tokenizers::Error) -> Error {
    Error::Text(error.to_string())
}

fn lowers(normalizer: &NormalizerWrapper) -> bool {
    match normalizer {
        NormalizerWrapper::Lowercase(_) => true,
        NormalizerWrapper::BertNormalizer(bert) => bert.lowercase,
        NormalizerWrapper::Sequence(steps) => steps.as_ref().iter().any(lowers),
        _ => false,
    }
}
