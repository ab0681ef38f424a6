//! What a checkpoint's small JSON files say about its tokenizer, as transformers 4 reads them.
//!
//! tokenizer_config.json says most. Where it doesn't list its added tokens (`added_tokens_decoder`, since transformers
//! 4.34), special_tokens_map.json overrides it, and the added tokens are those of added_tokens.json and of tokenizer.json.

use std::collections::BTreeMap;

use gpu_bridge_checkpoint::ModelFolder;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::Error;
use crate::extent::IDS;
use crate::special_token::{AddedToken, NamedToken, Role};
use crate::tokenizer_json::TokenizerJson;

const CONFIG: &str = "tokenizer_config.json";
const SPECIAL: &str = "special_tokens_map.json";
const ADDED: &str = "added_tokens.json";

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    values: Map<String, Value>,
    added: BTreeMap<u32, AddedToken>,
    class: Option<String>,
    model_type: Option<String>,
}

/// The keys of config.json that name a tokenizer.
#[derive(Deserialize, Default)]
struct ModelConfig {
    tokenizer_class: Option<String>,
    model_type: Option<String>,
}

impl Settings {
    pub(crate) fn load(folder: &ModelFolder) -> Result<Self, Error> {
        let model: ModelConfig = folder.optional_json("config.json")?.unwrap_or_default();
        let values: Map<String, Value> = folder.optional_json(CONFIG)?.unwrap_or_default();
        let mut settings = Self { values, model_type: model.model_type, ..Self::default() };
        settings.class = settings.get("tokenizer_class", folder)?.or(model.tokenizer_class);
        match settings.get::<BTreeMap<u32, AddedToken>>("added_tokens_decoder", folder)? {
            Some(added) => settings.added = added,
            None => settings.read_older_files(folder)?,
        }
        match settings.added.keys().next_back().filter(|last| **last >= IDS) {
            Some(id) => Err(folder.problem(CONFIG, format!("An added token has the id {id}.")).into()),
            None => Ok(settings),
        }
    }

    fn read_older_files(&mut self, folder: &ModelFolder) -> Result<(), Error> {
        let special: Option<Map<String, Value>> = folder.optional_json(SPECIAL)?;
        self.values.extend(special.unwrap_or_default());
        let added: Option<BTreeMap<String, u32>> = folder.optional_json(ADDED)?;
        let special = self.special_contents(folder)?;
        for (content, id) in added.unwrap_or_default() {
            let special = special.contains(&content);
            self.added.insert(id, AddedToken { special, ..AddedToken::special(&content) });
        }
        self.added
            .extend(TokenizerJson::optional(folder)?.map(TokenizerJson::into_added).unwrap_or_default());
        Ok(())
    }

    fn special_contents(&self, folder: &ModelFolder) -> Result<Vec<String>, Error> {
        let mut contents: Vec<_> = self
            .additional(folder)?
            .unwrap_or_default()
            .iter()
            .map(|token| token.content().to_owned())
            .collect();
        for role in Role::ALL {
            contents.extend(self.named(role, folder)?.flatten().map(|token| token.content().to_owned()));
        }
        Ok(contents)
    }

    /// The value of `key`; `None` where there is none or it is null.
    pub(crate) fn get<T: DeserializeOwned>(
        &self,
        key: &str,
        folder: &ModelFolder,
    ) -> Result<Option<T>, Error> {
        let parse = |value: &Value| {
            T::deserialize(value).map_err(|error| folder.problem(CONFIG, format!("{key}: {error}.")).into())
        };
        self.values.get(key).filter(|value| !value.is_null()).map(parse).transpose()
    }

    /// The token that plays `role`: `None` where the files don't say, `Some(None)` where they say there is none.
    pub(crate) fn named(
        &self,
        role: Role,
        folder: &ModelFolder,
    ) -> Result<Option<Option<NamedToken>>, Error> {
        let token = self.get(role.key(), folder)?;
        Ok(self.values.contains_key(role.key()).then_some(token))
    }

    /// The special tokens that play no part.
    pub(crate) fn additional(&self, folder: &ModelFolder) -> Result<Option<Vec<NamedToken>>, Error> {
        self.get("additional_special_tokens", folder)
    }

    /// The tokens that the files list, by id.
    pub(crate) fn added(&self) -> &BTreeMap<u32, AddedToken> {
        &self.added
    }

    /// The name of the tokenizer's class in transformers, as the files have it.
    pub(crate) fn class(&self) -> Option<&str> {
        self.class.as_deref()
    }

    /// The name of the model's architecture in transformers.
    pub(crate) fn model_type(&self) -> Option<&str> {
        self.model_type.as_deref()
    }
}
