//! The two ways to tokenise, and which of them a checkpoint gets.

use gpu_bridge_checkpoint::ModelFolder;

use crate::digest::Digest;
use crate::family::Family;
use crate::fast;
use crate::fast_tokenizer::FastTokenizer;
use crate::raw::RawTokenizer;
use crate::settings::Settings;
use crate::slow::SlowTokenizer;
use crate::{Error, Tokens, python, tokenizer_json};

/// See the module.
#[derive(Debug)]
pub(crate) enum Engine {
    Fast(FastTokenizer),
    /// Texts are stripped first, as bert-score does.
    FastStripped(FastTokenizer),
    Slow(Box<SlowTokenizer>),
}

impl Engine {
    /// The fast tokenizer: tokenizer.json, else the vocabulary files; behind a lower-casing step where it is asked for.
    pub(crate) fn fast(settings: &Settings, folder: &ModelFolder, lower_case: bool) -> Result<Self, Error> {
        let mut fast = load_fast(settings, folder)?;
        if lower_case {
            fast.lower_case();
        }
        Ok(Self::Fast(fast))
    }

    /// The slow tokenizer where there is one, else the fast one in its place.
    pub(crate) fn slow(settings: &Settings, folder: &ModelFolder) -> Result<Self, Error> {
        Ok(match load_slow(settings, folder)? {
            Some(slow) => Self::Slow(Box::new(slow)),
            None => Self::FastStripped(stand_in(settings, folder)?),
        })
    }

    /// Cuts a text after `max_length` tokens, special ones included.
    pub(crate) fn limit(&mut self, max_length: usize, from_left: bool) -> Result<(), Error> {
        match self {
            Self::Fast(fast) | Self::FastStripped(fast) => fast.limit(max_length, from_left),
            Self::Slow(slow) => {
                slow.limit(max_length, from_left);
                Ok(())
            }
        }
    }

    pub(crate) fn encode(&self, text: &str) -> Result<Tokens, Error> {
        match self {
            Self::Fast(fast) => fast.encode(text),
            Self::FastStripped(fast) => fast.encode(python::strip(text)),
            Self::Slow(slow) => slow.encode(python::strip(text)),
        }
    }

    pub(crate) fn encode_pair(&self, first: &str, second: &str) -> Result<Tokens, Error> {
        match self {
            Self::Fast(fast) => fast.encode_pair(first, second),
            Self::FastStripped(_) | Self::Slow(_) => {
                Err(Error::Text("it is one of a pair, which BERTScore's tokenizers don't take".to_owned()))
            }
        }
    }

    /// The id of `token`.
    pub(crate) fn id(&self, token: &str) -> Option<i64> {
        match self {
            Self::Fast(fast) | Self::FastStripped(fast) => fast.id(token),
            Self::Slow(slow) => slow.id(token),
        }
        .map(i64::from)
    }

    /// The ids of all special tokens; a slow tokenizer, which takes no prompts, tells none.
    pub(crate) fn special_ids(&self) -> Vec<i64> {
        match self {
            Self::Fast(fast) | Self::FastStripped(fast) => {
                fast.special_ids().into_iter().map(i64::from).collect()
            }
            Self::Slow(_) => Vec::new(),
        }
    }

    /// Everything that decides tokens, the same for the same tokenizer.
    pub(crate) fn describe(&self) -> String {
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
        Some(family) => {
            let raw = RawTokenizer::load(family, settings, folder)?;
            let mut source = Digest::default();
            // Writing to a digest can't fail.
            let _ = raw.describe(&mut source);
            Ok(FastTokenizer::new(fast::build(&raw)?, source.hex()))
        }
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
