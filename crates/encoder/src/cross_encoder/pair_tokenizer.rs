//! Two texts to the tokens of one input, as the reference's cross-encoders give it to the model. For any thread.
//!
//! The model's own prompt goes in front of the first text. Which text a token belongs to is told only to models whose
//! tokenizer says so in the reference: those of tokenizer_config.json's `model_input_names`, else those whose class names it.
//! ALBERT's has ceased to with transformers 5, on which sentence-transformers 6 runs. Of DeBERTa v1 the frame `[CLS] a [SEP] b
//! [SEP]` is kept: transformers 5 puts two `[SEP]` in the middle, which no release before it did and no model was trained with.

use std::sync::Arc;

use gpu_bridge_checkpoint::ModelFolder;
use serde::Deserialize;

use crate::{Error, Tokenizer, Tokens};

const TYPES: &str = "token_type_ids";

/// The `model_type`s whose tokenizer class gives token types in transformers 5.
const TYPED: [&str; 5] = ["bert", "electra", "nomic_bert", "deberta", "deberta-v2"];

/// See the module.
#[derive(Debug, Clone)]
pub struct PairTokenizer {
    tokenizer: Arc<Tokenizer>,
    prompt: Option<Arc<str>>,
    typed: bool,
}

#[derive(Deserialize, Default)]
struct Config {
    model_input_names: Option<Vec<String>>,
}

impl PairTokenizer {
    /// For a model of the kind `model_type` in `folder`, with `positions` places for tokens.
    pub(super) fn load(
        folder: &ModelFolder,
        model_type: &str,
        positions: usize,
        prompt: Option<String>,
    ) -> Result<Self, Error> {
        let config: Config = folder.optional_json("tokenizer_config.json")?.unwrap_or_default();
        let named = config.model_input_names.map(|names| names.iter().any(|name| name == TYPES));
        let tokenizer = Arc::new(Tokenizer::for_pairs(folder, positions)?);
        let typed = named.unwrap_or_else(|| TYPED.contains(&model_type));
        Ok(Self { tokenizer, prompt: prompt.map(Arc::from), typed })
    }

    /// The tokens of a pair; for a reranker a query and a document.
    ///
    /// # Errors
    /// When a text can't be tokenised.
    pub fn encode(&self, first: &str, second: &str) -> Result<Tokens, Error> {
        let tokens = match &self.prompt {
            Some(prompt) => self.tokenizer.encode_pair(&[prompt, first].concat(), second)?,
            None => self.tokenizer.encode_pair(first, second)?,
        };
        Ok(if self.typed { tokens } else { Tokens { second: tokens.len(), ..tokens } })
    }

    /// Tokens after which a pair is cut, special ones included.
    pub fn max_length(&self) -> usize {
        self.tokenizer.max_length()
    }

    /// The tokenizer of single texts behind it.
    pub fn single(&self) -> &Arc<Tokenizer> {
        &self.tokenizer
    }

    /// Everything that decides what tokens a pair gets, for a model's fingerprint.
    pub(super) fn description(&self) -> String {
        format!("{:?} {} {}", self.prompt, self.typed, self.tokenizer.description())
    }
}
