//! The frame of a family as a template of the `tokenizers` crate.

use serde_json::{Value, json};
use tokenizers::PostProcessorWrapper;

use super::broken;
use crate::Error;
use crate::problem::Problem;
use crate::raw::RawTokenizer;
use crate::special_token::Role;

/// A template is made from its JSON form, which, unlike the text form, can hold tokens of any spelling.
pub(super) fn template(raw: &RawTokenizer<'_>) -> Result<PostProcessorWrapper, Error> {
    let frame = raw.family.frame();
    let special = |role: &Role, kind: u32| json!({ "SpecialToken": { "id": raw.special.named(*role).unwrap_or_default(), "type_id": kind } });
    let all = |roles: &[Role], kind: u32| roles.iter().map(|role| special(role, kind)).collect::<Vec<_>>();
    let sequence = |id: &str, kind: u32| vec![json!({ "Sequence": { "id": id, "type_id": kind } })];
    let single = [all(frame.open, 0), sequence("A", 0), all(frame.close, 0)].concat();
    let between = all(frame.between, if frame.between == frame.open { frame.second } else { 0 });
    let second = [sequence("B", frame.second), all(frame.close, frame.second)].concat();
    let pair = [single.clone(), between, second].concat();
    let template = json!({
        "type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": tokens(raw)?,
    });
    serde_json::from_value(template).map_err(|error| broken(raw, Problem::new(format!("{error}."))))
}

fn tokens(raw: &RawTokenizer<'_>) -> Result<Value, Error> {
    let frame = raw.family.frame();
    let mut tokens = serde_json::Map::new();
    for role in frame.open.iter().chain(frame.close) {
        let content = raw.special.named(*role).unwrap_or_default();
        tokens.insert(
            content.to_owned(),
            json!({ "id": content, "ids": [raw.id(*role)?], "tokens": [content] }),
        );
    }
    Ok(Value::Object(tokens))
}
