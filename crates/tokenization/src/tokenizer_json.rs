//! The parts of a tokenizer.json that are looked at before the `tokenizers` crate is given the file.
//!
//! That crate checks less than it should: a broken character map, a template that names a token it doesn't have, an added
//! token that normalises to nothing or a piece thousands of bytes long make it panic, overflow its stack or ask for gigabytes,
//! some of it only at a text. Each is refused here.

use std::collections::BTreeMap;

use gpu_bridge_checkpoint::ModelFolder;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use tokenizers::{ModelWrapper, NormalizerWrapper, PostProcessorWrapper, PreTokenizerWrapper, Tokenizer};

use crate::Error;
use crate::digest::Digest;
use crate::empty_token::refuse_empty;
use crate::extent::{Extent, IDS};
use crate::json_checks::{charsmaps, pre_tokenizers, templates};
use crate::problem::Problem;
use crate::special_token::AddedToken;

pub(crate) const FILE: &str = "tokenizer.json";

/// See the module.
#[derive(Debug, Deserialize)]
pub(crate) struct TokenizerJson {
    #[serde(default)]
    added_tokens: Vec<IdentifiedToken>,
    #[serde(default)]
    normalizer: Value,
    #[serde(default)]
    pre_tokenizer: Value,
    #[serde(default)]
    post_processor: Value,
    #[serde(default)]
    model: Model,
}

#[derive(Debug, Default, Deserialize)]
struct Model {
    #[serde(default)]
    vocab: Extent,
    merges: Option<IgnoredAny>,
    continuing_subword_prefix: Option<String>,
}

#[derive(Debug, Deserialize)]
struct IdentifiedToken {
    id: u32,
    #[serde(flatten)]
    token: AddedToken,
}

/// What decides tokens. The decoder does not, and reading a broken one makes the `tokenizers` crate panic.
#[derive(Deserialize)]
struct Parts {
    model: ModelWrapper,
    normalizer: Option<NormalizerWrapper>,
    pre_tokenizer: Option<PreTokenizerWrapper>,
    post_processor: Option<PostProcessorWrapper>,
    #[serde(default)]
    added_tokens: Vec<tokenizers::AddedToken>,
}

impl TokenizerJson {
    /// The folder's; `None` where there is none.
    pub(crate) fn optional(folder: &ModelFolder) -> Result<Option<Self>, Error> {
        Ok(folder.optional_json(FILE)?)
    }

    /// The folder's tokenizer, once it is known that the `tokenizers` crate won't stumble over it, and the file's hash.
    pub(crate) fn build(folder: &ModelFolder) -> Result<(Tokenizer, String), Error> {
        let bytes = folder.bytes(FILE)?;
        let json: Self = parse(&bytes, folder)?;
        json.check().map_err(|problem| problem.of(folder, FILE))?;
        let parts: Parts = parse(&bytes, folder)?;
        let mut tokenizer = Tokenizer::new(parts.model);
        tokenizer.with_normalizer(parts.normalizer).with_pre_tokenizer(parts.pre_tokenizer);
        tokenizer.with_post_processor(parts.post_processor);
        for token in &parts.added_tokens {
            let found = refuse_empty(&token.content, token.normalized, &tokenizer);
            found.map_err(|problem| problem.of(folder, FILE))?;
        }
        tokenizer.add_tokens(&parts.added_tokens);
        Ok((tokenizer, Digest::of(&bytes)))
    }

    fn check(&self) -> Result<(), Problem> {
        charsmaps(&self.normalizer)?;
        templates(&self.post_processor)?;
        pre_tokenizers(&self.pre_tokenizer)?;
        self.model.check()?;
        match self.added_tokens.iter().find(|token| token.id >= IDS) {
            Some(token) => Err(Problem::new(format!("An added token has the id {}.", token.id))),
            None => Ok(()),
        }
    }

    /// Its added tokens, by id.
    pub(crate) fn into_added(self) -> BTreeMap<u32, AddedToken> {
        self.added_tokens.into_iter().map(|token| (token.id, token.token)).collect()
    }
}

impl Model {
    /// The `tokenizers` crate cuts the prefix off the right part of every merge, whatever that part is.
    fn check(&self) -> Result<(), Problem> {
        let prefixed = self.continuing_subword_prefix.as_ref().is_some_and(|prefix| !prefix.is_empty());
        if prefixed && self.merges.is_some() {
            return Err(Problem::new("A byte-pair model whose pieces have a prefix is not supported."));
        }
        self.vocab.check()
    }
}

fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8], folder: &ModelFolder) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| Problem::new(format!("{error}.")).of(folder, FILE))
}
