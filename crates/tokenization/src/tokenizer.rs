//! Texts to tokens, cut where the model ends and never padded.

use std::fmt::Write;

use gpu_bridge_checkpoint::ModelFolder;

use crate::digest::Digest;
use crate::engine::Engine;
use crate::family::Family;
use crate::limit::{SentenceConfig, limit};
use crate::settings::Settings;
use crate::special_token::{NamedToken, Role};
use crate::{Error, Tokens};

/// A model's tokenizer. Cheap to share between threads; it has no state.
#[derive(Debug)]
pub struct Tokenizer {
    engine: Engine,
    max_length: usize,
    delimiters: [Option<i64>; 2],
    /// transformers' `all_special_ids`: what the files call special, and what they name for a part.
    special: Vec<i64>,
}

impl Tokenizer {
    /// As sentence-transformers 6 does: `max_seq_length` of sentence_bert_config.json, else the tokenizer's own limit, and
    /// never more than the model's `positions`, in tokens. Texts are not stripped (version 5.4 ended that).
    ///
    /// # Errors
    /// [`Error::Checkpoint`] names the file that is missing or can't be followed.
    pub fn for_embeddings(folder: &ModelFolder, positions: usize) -> Result<Self, Error> {
        let sentence = SentenceConfig::load(folder)?;
        let settings = Settings::load(folder)?;
        let engine = Engine::fast(&settings, folder, sentence.do_lower_case)?;
        let max_length = limit(sentence.max_seq_length, &settings, positions, folder)?;
        Self::new(engine, &settings, max_length, folder)
    }

    /// As the cross-encoders of sentence-transformers 6 do: for pairs of texts, with the same limits as for embeddings.
    ///
    /// # Errors
    /// As [`Self::for_embeddings`].
    pub fn for_pairs(folder: &ModelFolder, positions: usize) -> Result<Self, Error> {
        Self::for_embeddings(folder, positions)
    }

    /// As bert-score does: the slow tokenizer where the folder has its files, the tokenizer's own limit, never more than
    /// the model's `positions`, and texts are stripped first.
    ///
    /// # Errors
    /// As [`Self::for_embeddings`].
    pub fn for_bertscore(folder: &ModelFolder, positions: usize) -> Result<Self, Error> {
        let settings = Settings::load(folder)?;
        let engine = Engine::slow(&settings, folder)?;
        let max_length = limit(None, &settings, positions, folder)?;
        Self::new(engine, &settings, max_length, folder)
    }

    fn new(
        mut engine: Engine,
        settings: &Settings,
        max_length: usize,
        folder: &ModelFolder,
    ) -> Result<Self, Error> {
        let side: Option<String> = settings.get("truncation_side", folder)?;
        engine.limit(max_length, side.as_deref() == Some("left"))?;
        let family = Family::of(settings, folder);
        let id =
            |role| Ok::<_, Error>(named(role, family, settings, folder)?.and_then(|token| engine.id(&token)));
        let delimiters = [id(Role::Cls)?, id(Role::Sep)?];
        let parts = Role::ALL.into_iter().map(id).collect::<Result<Vec<_>, _>>()?;
        let special = engine.special_ids().into_iter().chain(parts.into_iter().flatten()).collect();
        Ok(Self { engine, max_length, delimiters, special })
    }

    /// The tokens of `text`.
    ///
    /// # Errors
    /// [`Error::Text`] when it can't be tokenised.
    pub fn encode(&self, text: &str) -> Result<Tokens, Error> {
        self.engine.encode(text)
    }

    /// The tokens of a pair of texts in the tokenizer's own frame. One that is too long loses tokens of the longer text
    /// first, and of both by turns once they are equally long.
    ///
    /// # Errors
    /// [`Error::Text`] when it can't be tokenised, or when the tokenizer was loaded for BERTScore, which has no pairs.
    pub fn encode_pair(&self, first: &str, second: &str) -> Result<Tokens, Error> {
        self.engine.encode_pair(first, second)
    }

    /// The tokens of `prompt` and `text` run together, as sentence-transformers does; remembers where the prompt ends for
    /// models that leave it out of their pooling.
    ///
    /// # Errors
    /// [`Error::Text`] when it can't be tokenised.
    pub fn encode_with_prompt(&self, prompt: &str, text: &str) -> Result<Tokens, Error> {
        let mut tokens = self.encode(&[prompt, text].concat())?;
        let alone = self.encode(prompt)?;
        let closes = alone.ids.last().is_some_and(|last| self.special.contains(last));
        tokens.prompt = (alone.len() - usize::from(closes)).min(tokens.len());
        Ok(tokens)
    }

    /// Tokens after which a text is cut, special ones included.
    pub fn max_length(&self) -> usize {
        self.max_length
    }

    /// The ids of the tokens that open and close a text, where the tokenizer has such.
    pub fn delimiters(&self) -> [Option<i64>; 2] {
        self.delimiters
    }

    /// A hash of everything that decides what tokens a text gets, for a model's fingerprint.
    pub fn description(&self) -> String {
        let mut digest = Digest::default();
        // Writing to a digest can't fail.
        let _ = write!(digest, "{} {:?} {}", self.max_length, self.delimiters, self.engine.describe());
        digest.hex()
    }
}

/// The token that plays `role`, by the files or by the class.
fn named(
    role: Role,
    family: Option<Family>,
    settings: &Settings,
    folder: &ModelFolder,
) -> Result<Option<String>, Error> {
    let default = || family.and_then(|family| family.default_token(role)).map(|token| token.content);
    let named = settings.named(role, folder)?;
    Ok(named.map_or_else(default, |token: Option<NamedToken>| token.map(|token| token.content().to_owned())))
}
