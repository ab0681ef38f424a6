//! Checks of a tokenizer.json's parts that the `tokenizers` crate leaves out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::problem::Problem;
use crate::sentencepiece::Charsmap;

/// Checks every character map in a normaliser.
pub(crate) fn charsmaps(normalizer: &Value) -> Result<(), Problem> {
    match normalizer {
        Value::Array(steps) => steps.iter().try_for_each(charsmaps),
        Value::Object(fields) => match fields.get("precompiled_charsmap") {
            Some(Value::String(text)) => charsmap(text),
            None if normalizer["type"] != "Precompiled" => fields.values().try_for_each(charsmaps),
            _ => Err(Problem::new("Its character map is missing or no text.")),
        },
        _ => Ok(()),
    }
}

fn charsmap(text: &str) -> Result<(), Problem> {
    let bytes = STANDARD.decode(text);
    let bytes = bytes.map_err(|error| Problem::new(format!("Its character map is no base64: {error}.")))?;
    Charsmap::read(&bytes).map(|_| ())
}

/// Checks that no step cuts a text into stretches of no length.
pub(crate) fn pre_tokenizers(pre_tokenizer: &Value) -> Result<(), Problem> {
    match pre_tokenizer {
        Value::Array(steps) => steps.iter().try_for_each(pre_tokenizers),
        Value::Object(fields) if fields.get("length").is_some_and(|length| length == 0) => {
            Err(Problem::new("It cuts texts into stretches of length 0."))
        }
        Value::Object(fields) => fields.values().try_for_each(pre_tokenizers),
        _ => Ok(()),
    }
}

/// Checks that every template is made of what it has.
pub(crate) fn templates(post_processor: &Value) -> Result<(), Problem> {
    match post_processor {
        Value::Array(steps) => steps.iter().try_for_each(templates),
        Value::Object(fields) => {
            let tokens = &post_processor["special_tokens"];
            ["single", "pair"]
                .into_iter()
                .try_for_each(|which| template(which, &post_processor[which], tokens))?;
            fields.values().try_for_each(templates)
        }
        _ => Ok(()),
    }
}

fn template(which: &str, pieces: &Value, tokens: &Value) -> Result<(), Problem> {
    for piece in pieces.as_array().into_iter().flatten() {
        if let Some(token) = piece["SpecialToken"]["id"].as_str() {
            special_token(token, &tokens[token])?;
        }
        if which == "single" && piece["Sequence"]["id"] == "B" {
            return Err(Problem::new("Its template for one text has a second."));
        }
    }
    Ok(())
}

fn special_token(token: &str, entry: &Value) -> Result<(), Problem> {
    let length = |of: &str| entry[of].as_array().map(Vec::len);
    match (length("ids"), length("tokens")) {
        (Some(ids), Some(tokens)) if ids == tokens => Ok(()),
        _ => Err(Problem::new(format!("Its template names the token {token:?}, which it doesn't have."))),
    }
}
