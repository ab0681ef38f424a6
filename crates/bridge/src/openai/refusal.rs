//! What an answer other than 2xx of an OpenAI-like server means.
//!
//! Servers agree on little but the status. Their sentences say the rest: which model is missing, and whether a request was
//! refused for the number of its texts, which the bridge can change, or for the length of one, which it can't.

use serde_json::Value;

use crate::fault::Fault;
use crate::outcome::Outcome;
use crate::refusal::{self, excerpt};
use crate::transport::HostReply;

/// What may be done about a route that isn't there.
const NO_ROUTE: &str =
    "the `url` needs a server with `/v1/embeddings` below it (Infinity's is there with `--url-prefix /v1`)";

/// What the body says.
struct Complaint {
    message: String,
    /// `code` and `type`, where they are words.
    kind: String,
}

impl Complaint {
    /// Reads `{error: {message, type, code}}`, `{error: "…"}`, `{message, type, code}`, `{detail: "…"}`,
    /// `{detail: [{msg, …}]}`, or plain text.
    fn read(body: &[u8]) -> Self {
        let value: Value = serde_json::from_slice(body).unwrap_or_default();
        let inner = [&value["error"], &value["detail"]].into_iter().find(|inner| !inner.is_null());
        let inner = inner.unwrap_or(&value);
        let message = match inner {
            Value::String(text) => Some(text.clone()),
            Value::Array(complaints) => Some(sentences(complaints)).filter(|said| !said.is_empty()),
            object => object["message"].as_str().map(str::to_owned),
        };
        let word = |key: &str| inner[key].as_str().unwrap_or_default().to_lowercase();
        let message = message.map_or_else(|| excerpt(body), |message| excerpt(message.as_bytes()));
        Self { message, kind: format!("{} {}", word("code"), word("type")) }
    }

    fn says(&self, words: &[&str]) -> bool {
        let message = self.message.to_lowercase();
        words.iter().all(|word| message.contains(word))
    }

    fn is_about_a_model(&self) -> bool {
        let names_it = self.says(&["model"]) && (self.says(&["not found"]) || self.says(&["not exist"]));
        self.kind.contains("model_not_found") || names_it
    }

    /// Fewer texts at a time would do. llama.cpp's «batch size» is of tokens, and each text has to fit in it.
    fn is_about_the_batch(&self) -> bool {
        let of_texts = self.says(&["batch size"]) && !self.says(&["too large to process"]);
        of_texts || self.says(&["array", "2048"]) || self.says(&["list", "at most", "items"])
    }

    /// No smaller number of texts would help.
    fn is_about_a_text(&self) -> bool {
        ["tokens", "context length", "too large to process"].iter().any(|word| self.says(&[word]))
    }
}

/// What FastAPI complains of, without the whole input, which it sends back.
fn sentences(complaints: &[Value]) -> String {
    let mut sentences: Vec<_> = complaints.iter().filter_map(|complaint| complaint["msg"].as_str()).collect();
    sentences.dedup();
    sentences.join("; ")
}

/// What the answer means, for the host and for the call.
pub(crate) fn outcome(reply: &HostReply) -> Outcome {
    let complaint = Complaint::read(&reply.body);
    let message = || format!("status {}: {}", reply.status, complaint.message);
    let fault = |code| Fault::new(code, Some(reply.status), message());
    match reply.status {
        400 | 404 | 422 if complaint.is_about_a_model() => Outcome::ModelMissing(fault("model_not_found")),
        400 | 413 | 422 | 500 if complaint.is_about_the_batch() => Outcome::TooLarge(fault("invalid_input")),
        413 if !complaint.is_about_a_text() => Outcome::TooLarge(fault("invalid_input")),
        500 if complaint.says(&["too large to process"]) => Outcome::BadInput(fault("invalid_input")),
        404 => Outcome::WrongServer(Fault::new(
            "route_not_found",
            Some(404),
            format!("{}; {NO_ROUTE}", message()),
        )),
        405 | 501 => Outcome::WrongServer(fault("route_not_found")),
        _ => match refusal::outcome(reply) {
            Outcome::BadInput(_) => Outcome::BadInput(fault("invalid_input")),
            Outcome::Unauthorized(_) => Outcome::Unauthorized(fault("unauthorized")),
            Outcome::Overloaded { pause, draining, .. } => {
                Outcome::Overloaded { pause, draining, fault: fault("overloaded") }
            }
            Outcome::Failed(before) if reply.status >= 400 => Outcome::Failed(fault(before.code)),
            other => other,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderMap;
    use serde_json::json;

    use super::*;

    fn of(status: u16, body: &str) -> Outcome {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", 7.into());
        outcome(&HostReply { status, headers, body: body.to_owned().into() })
    }

    /// Of what vLLM 0.32.0, text-embeddings-inference 1.9.3, Infinity 0.0.78 and llama.cpp (of xllamacpp 2026.10.11549) were
    /// seen to answer, and Ollama, OpenAI and others are said to.
    #[test]
    fn the_table_holds_for_what_servers_say() {
        let error =
            |message: &str| json!({ "error": { "message": message, "type": "x", "code": 400 } }).to_string();
        let flat =
            |message: &str| json!({ "message": message, "type": "Validation", "code": 413 }).to_string();
        let fastapi =
            |message: &str| json!({ "detail": [{ "input": "cat ".repeat(99), "msg": message }] }).to_string();
        let table = [
            (404, error("The model `a` does not exist."), "model"),
            (404, error("model \"a\" not found, try pulling it first"), "model"),
            (400, json!({ "error": { "message": "No", "code": "model_not_found" } }).to_string(), "model"),
            (404, json!({ "detail": "Not Found" }).to_string(), "wrong"),
            (501, error("This server does not support embeddings. Start it with `--embeddings`"), "wrong"),
            (
                400,
                error("This model's maximum context length is 256 tokens. However, your prompt contains"),
                "input",
            ),
            (
                400,
                error("Model 'm' does not support Matryoshka embeddings; dimensions must be unset"),
                "input",
            ),
            (
                422,
                flat("Input validation error: `inputs` must have less than 256 tokens. Given: 402"),
                "input",
            ),
            (400, flat("Input validation error: `inputs` cannot be empty"), "input"),
            (422, fastapi("String should have at most 122880 characters"), "input"),
            (422, fastapi("List should have at most 2048 items after validation, not 2049"), "large"),
            (413, flat("batch size 64 > maximum allowed batch size 32"), "large"),
            (422, flat("batch size 64 > maximum allowed batch size 32"), "large"),
            (413, "<html>Request Entity Too Large</html>".to_owned(), "large"),
            (
                500,
                error("input (2502 tokens) is too large to process. increase the physical batch size"),
                "input",
            ),
            (401, json!({ "error": "Unauthorized" }).to_string(), "unauthorized"),
            (403, String::new(), "unauthorized"),
            (
                429,
                json!({ "error": "Model is overloaded", "error_type": "Overloaded" }).to_string(),
                "parked",
            ),
            (503, error("Loading model"), "parked"),
            (424, flat("the backend failed"), "failed"),
            (500, error("CUDA error"), "failed"),
            (502, "bad gateway".to_owned(), "failed"),
            (302, String::new(), "failed"),
        ];
        for (status, body, expected) in table {
            let outcome = of(status, &body);
            let word = match &outcome {
                Outcome::BadInput(_) => "input",
                Outcome::TooLarge(_) => "large",
                Outcome::ModelMissing(_) => "model",
                Outcome::WrongServer(_) => "wrong",
                Outcome::Unauthorized(_) => "unauthorized",
                Outcome::Overloaded { pause, .. } if *pause == Duration::from_secs(7) => "parked",
                Outcome::Failed(_) => "failed",
                _ => "something else",
            };
            assert_eq!(word, expected, "{status} {body}: {outcome:?}");
        }
    }

    #[test]
    fn the_servers_own_sentence_is_kept() {
        for body in [
            r#"{"error":{"message":"Say why."}}"#,
            r#"{"error":"Say why."}"#,
            r#"{"message":"Say why."}"#,
            r#"{"detail":[{"input":"a","msg":"Say why."},{"input":"b","msg":"Say why."}]}"#,
        ] {
            assert_eq!(of(500, body).fault().unwrap().message, "status 500: Say why.");
        }
        assert_eq!(of(500, "Say why.").fault().unwrap().message, "status 500: Say why.");
    }
}
