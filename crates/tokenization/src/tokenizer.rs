//! Texts to tokens, cut where the model ends and never padded.

use gpu_bridge_checkpoint::ModelFolder;
use sha2::{Digest, Sha256};

use crate::family::Family;
use crate::fast;
use crate::fast_tokenizer::FastTokenizer;
use crate::limit::{SentenceConfig, limit};
use crate::python;
use crate::raw::RawTokenizer;
use crate::settings::Settings;
use crate::slow::SlowTokenizer;
use crate::special_token::{NamedToken, Role};
use crate::tokenizer_json;
use crate::{Error, Tokens};

/// A model's tokenizer. Cheap to share between threads; it has no state.
#[derive(Debug)]
pub struct Tokenizer {
    engine: Engine,
    max_length: usize,
    from_left: bool,
    delimiters: [Option<i64>; 2],
    special: Vec<i64>,
}

#[derive(Debug)]
enum Engine {
    Fast(FastTokenizer),
    /// Texts are stripped first, as bert-score does.
    FastStripped(FastTokenizer),
    Slow(Box<SlowTokenizer>),
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
        let mut fast = load_fast(&settings, folder)?;
        if sentence.do_lower_case {
            fast.lower_case();
        }
        let max_length = limit(sentence.max_seq_length, &settings, positions, folder)?;
        Self::new(Engine::Fast(fast), &settings, max_length, folder)
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
        let engine = match load_slow(&settings, folder)? {
            Some(slow) => Engine::Slow(Box::new(slow)),
            None => Engine::FastStripped(stand_in(&settings, folder)?),
        };
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
        let from_left = side.as_deref() == Some("left");
        if let Engine::Fast(fast) | Engine::FastStripped(fast) = &mut engine {
            fast.limit(max_length, from_left)?;
        }
        let family = Family::of(settings, folder);
        let id =
            |role| Ok::<_, Error>(named(role, family, settings, folder)?.and_then(|token| engine.id(&token)));
        let delimiters = [id(Role::Cls)?, id(Role::Sep)?];
        let special = engine.special_ids();
        Ok(Self { engine, max_length, from_left, delimiters, special })
    }

    /// The tokens of `text`.
    ///
    /// # Errors
    /// [`Error::Text`] when it can't be tokenised.
    pub fn encode(&self, text: &str) -> Result<Tokens, Error> {
        match &self.engine {
            Engine::Fast(fast) => fast.encode(text),
            Engine::FastStripped(fast) => fast.encode(python::strip(text)),
            Engine::Slow(slow) => {
                let (ids, truncated) = slow.encode(python::strip(text), self.max_length, self.from_left)?;
                Ok(Tokens { truncated, ..Tokens::new(ids.into_iter().map(i64::from).collect()) })
            }
        }
    }

    /// The tokens of a pair of texts in the tokenizer's own frame. One that is too long loses tokens of the longer text
    /// first, and of both by turns once they are equally long.
    ///
    /// # Errors
    /// [`Error::Text`] when it can't be tokenised, or when the tokenizer was loaded for BERTScore, which has no pairs.
    pub fn encode_pair(&self, first: &str, second: &str) -> Result<Tokens, Error> {
        match &self.engine {
            Engine::Fast(fast) => fast.encode_pair(first, second),
            Engine::FastStripped(_) | Engine::Slow(_) => {
                Err(Error::Text("it is one of a pair, which BERTScore's tokenizers don't take".to_owned()))
            }
        }
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
        let engine = self.engine.describe();
        let hash =
            Sha256::digest(format!("{} {} {:?} {engine}", self.max_length, self.from_left, self.delimiters));
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Engine {
    fn id(&self, token: &str) -> Option<i64> {
        match self {
            Self::Fast(fast) | Self::FastStripped(fast) => fast.id(token),
            Self::Slow(slow) => slow.id(token),
        }
        .map(i64::from)
    }

    fn special_ids(&self) -> Vec<i64> {
        match self {
            Self::Fast(fast) | Self::FastStripped(fast) => {
                fast.special_ids().into_iter().map(i64::from).collect()
            }
            Self::Slow(_) => Vec::new(),
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::Fast(fast) => fast.describe(),
            Self::FastStripped(fast) => format!("stripped {}", fast.describe()),
            Self::Slow(slow) => slow.describe(),
        }
    }
}

/// tokenizer.json, else the vocabulary files.
fn load_fast(settings: &Settings, folder: &ModelFolder) -> Result<FastTokenizer, Error> {
    let family = Family::of(settings, folder);
    match family.filter(|_| !folder.path(tokenizer_json::FILE).exists()) {
        Some(family) => fast::build(&RawTokenizer::load(family, settings, folder)?).map(FastTokenizer::new),
        None => FastTokenizer::from_json(family, settings, folder),
    }
}

/// The slow tokenizer where the files name or imply a class, don't ask for the fast one by name, and are complete.
fn load_slow(settings: &Settings, folder: &ModelFolder) -> Result<Option<SlowTokenizer>, Error> {
    let asked = settings.class().is_none_or(|class| !class.ends_with("Fast"));
    let complete = |family: &Family| family.vocabulary_files().iter().all(|file| folder.path(file).is_file());
    let Some(family) = Family::of(settings, folder).filter(|_| asked).filter(complete) else {
        return Ok(None);
    };
    let raw = RawTokenizer::load(family, settings, folder)?;
    SlowTokenizer::covers(&raw)?.then(|| SlowTokenizer::build(&raw)).transpose()
}

/// The fast tokenizer in place of the slow one.
fn stand_in(settings: &Settings, folder: &ModelFolder) -> Result<FastTokenizer, Error> {
    let fast = load_fast(settings, folder)?;
    let spaced = matches!(Family::of(settings, folder), Some(Family::Roberta | Family::Gpt2));
    let slow_asked = settings.class().is_none_or(|class| !class.ends_with("Fast"));
    Ok(if spaced && slow_asked { fast.with_space_in_front() } else { fast })
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
