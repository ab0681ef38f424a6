//! `POST /rerank`: documents by their relevance to a query.

use serde::{Deserialize, Serialize};

use crate::Usage;

/// A query and the documents to order by it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RerankRequest {
    /// What is looked for.
    pub query: String,
    /// At least one; `texts`, text-embeddings-inference's name, is taken too.
    #[serde(alias = "texts")]
    pub documents: Vec<Document>,
    /// The service's default model where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Answer only the best so many; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_n: Option<usize>,
    /// Send each document's text back with its score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_documents: Option<bool>,
    /// Answer the model's raw outputs instead of what it makes of them, in most models a number between 0 and 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_scores: Option<bool>,
}

/// A document: its text, bare or as Cohere's clients wrap it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a text, or an object with a `text`")]
pub enum Document {
    /// `"…"`.
    Bare(String),
    /// `{"text": "…"}`.
    Wrapped(DocumentText),
}

/// A document as an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentText {
    /// The text.
    pub text: String,
}

impl Document {
    /// The text.
    pub fn text(&self) -> &str {
        match self {
            Self::Bare(text) | Self::Wrapped(DocumentText { text }) => text,
        }
    }

    /// The text, taken out.
    pub fn into_text(self) -> String {
        match self {
            Self::Bare(text) | Self::Wrapped(DocumentText { text }) => text,
        }
    }
}

/// The documents, best first; those of equal relevance in the order of the request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RerankResponse {
    /// All documents, or as many as were asked for.
    pub results: Vec<RankedDocument>,
    /// The model that answered.
    pub model: String,
    /// Indices of the documents that were longer, together with the query, than the model reads.
    #[serde(default)]
    pub truncated: Vec<usize>,
    /// What the request cost.
    #[serde(default)]
    pub usage: Usage,
}

/// A document's place in the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RankedDocument {
    /// Its place in the request.
    pub index: usize,
    /// The higher, the more relevant.
    pub relevance_score: f32,
    /// The document itself, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentText>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_read_bare_or_wrapped_under_either_name() {
        for name in ["documents", "texts"] {
            let body = format!(r#"{{"query":"q","{name}":["a",{{"text":"b"}}]}}"#);
            let request: RerankRequest = serde_json::from_str(&body).unwrap();
            let texts: Vec<String> = request.documents.into_iter().map(Document::into_text).collect();
            assert_eq!(texts, ["a", "b"]);
        }
    }
}
