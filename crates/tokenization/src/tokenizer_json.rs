//! The parts of a tokenizer.json that are looked at before the `tokenizers` crate is given the file.
//!
//! That crate checks less than it should: a broken character map, a template that names a token it doesn't have, an added
//! token that normalises to nothing or a piece thousands of bytes long make it panic, overflow its stack or ask for gigabytes,
//! some of it only at a text. Each is refused here.

use std::collections::{BTreeMap, HashMap};

use gpu_bridge_checkpoint::ModelFolder;
use serde::Deserialize;
use serde_json::Value;
use tokenizers::Tokenizer;

use crate::Error;
use crate::fast::added::checked;
use crate::problem::Problem;
use crate::sentencepiece::{Charsmap, LONGEST_PIECE};
use crate::special_token::AddedToken;

/// Ids beyond it belong to no vocabulary, and the `tokenizers` crate adds to the largest in 32 bits.
const IDS: u32 = 1 << 30;

pub(crate) const FILE: &str = "tokenizer.json";

/// See the module.
#[derive(Debug, Deserialize)]
pub(crate) struct TokenizerJson {
    #[serde(default)]
    added_tokens: Vec<IdentifiedToken>,
    #[serde(default)]
    normalizer: Value,
    #[serde(default)]
    post_processor: Value,
    #[serde(default)]
    model: Model,
}

/// What is looked at of the model: a unigram model's pieces, each with its score, and the ids of any other.
#[derive(Debug, Default, Deserialize)]
struct Model {
    #[serde(default)]
    vocab: Option<Pieces>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Pieces {
    Scored(Vec<(String, f64)>),
    Identified(HashMap<String, u32>),
}

#[derive(Debug, Deserialize)]
struct IdentifiedToken {
    id: u32,
    #[serde(flatten)]
    token: AddedToken,
}

impl TokenizerJson {
    /// The folder's; `None` where there is none.
    pub(crate) fn optional(folder: &ModelFolder) -> Result<Option<Self>, Error> {
        Ok(folder.optional_json(FILE)?)
    }

    /// Refuses a folder's tokenizer.json that the `tokenizers` crate would stumble over.
    pub(crate) fn check(folder: &ModelFolder) -> Result<(), Error> {
        let json: Self = folder.json(FILE)?;
        let checked = charsmaps(&json.normalizer).and_then(|()| templates(&json.post_processor));
        checked.and_then(|()| json.model.check()).map_err(|problem| problem.of(folder, FILE))?;
        match json.added_tokens.iter().find(|token| token.id >= IDS) {
            Some(token) => {
                Err(Problem::new(format!("An added token has the id {}.", token.id)).of(folder, FILE))
            }
            None => Ok(()),
        }
    }

    /// Refuses added tokens that the crate would find in an empty text, once it is built.
    pub(crate) fn check_added(tokenizer: &Tokenizer, folder: &ModelFolder) -> Result<(), Error> {
        for token in tokenizer.get_added_tokens_decoder().into_values() {
            checked(&token.content, token.normalized, tokenizer)
                .map_err(|problem| problem.of(folder, FILE))?;
        }
        Ok(())
    }

    /// Its added tokens, by id.
    pub(crate) fn into_added(self) -> BTreeMap<u32, AddedToken> {
        self.added_tokens.into_iter().map(|token| (token.id, token.token)).collect()
    }
}

impl Model {
    fn check(&self) -> Result<(), Problem> {
        match &self.vocab {
            None => Ok(()),
            Some(Pieces::Scored(pieces)) => {
                match pieces.iter().find(|(piece, _)| piece.len() > LONGEST_PIECE) {
                    Some((piece, _)) => {
                        Err(Problem::new(format!("It has a piece of {} bytes.", piece.len())))
                    }
                    None => Ok(()),
                }
            }
            Some(Pieces::Identified(ids)) => match ids.values().find(|id| **id >= IDS) {
                Some(id) => Err(Problem::new(format!("A token has the id {id}."))),
                None => Ok(()),
            },
        }
    }
}

/// Checks every character map in a normaliser.
fn charsmaps(normalizer: &Value) -> Result<(), Problem> {
    match normalizer {
        Value::Array(steps) => steps.iter().try_for_each(charsmaps),
        Value::Object(fields) => match fields.get("precompiled_charsmap") {
            Some(Value::String(text)) => charsmap(text),
            _ => fields.values().try_for_each(charsmaps),
        },
        _ => Ok(()),
    }
}

fn charsmap(text: &str) -> Result<(), Problem> {
    use base64::Engine;
    let bytes = base64::engine::general_purpose::STANDARD.decode(text);
    let bytes = bytes.map_err(|error| Problem::new(format!("Its character map is no base64: {error}.")))?;
    Charsmap::read(&bytes).map(|_| ())
}

/// Checks that every template has the tokens that it names.
fn templates(post_processor: &Value) -> Result<(), Problem> {
    match post_processor {
        Value::Array(steps) => steps.iter().try_for_each(templates),
        Value::Object(fields) => {
            let tokens = &post_processor["special_tokens"];
            ["single", "pair"]
                .into_iter()
                .try_for_each(|which| template(fields.get(which).unwrap_or(&Value::Null), tokens))?;
            fields.values().try_for_each(templates)
        }
        _ => Ok(()),
    }
}

fn template(pieces: &Value, tokens: &Value) -> Result<(), Problem> {
    let named =
        pieces.as_array().into_iter().flatten().filter_map(|piece| piece["SpecialToken"]["id"].as_str());
    match named.into_iter().find(|token| tokens[*token].is_null()) {
        Some(token) => {
            Err(Problem::new(format!("Its template names the token {token:?}, which it doesn't have.")))
        }
        None => Ok(()),
    }
}
