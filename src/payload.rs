//! Requests as JavaScript passes them, and their way into the wire's types.
//!
//! Strings come through Node's own UTF-8 conversion, which replaces lone surrogates by U+FFFD.

use gpu_bridge_protocol::{BertScoreRequest, Document, EmbedRequest, References, RerankRequest};
use napi_derive::napi;

/// The request of `embed`, but for its texts. Most requests have no more than those.
#[derive(Default)]
#[napi(object, object_to_js = false)]
pub struct EmbedSettings {
    /// The model, if the caller names one.
    pub model: Option<String>,
    /// Numbers to keep of each vector, which is scaled again.
    pub dimensions: Option<u32>,
    /// Numbers to keep of each vector, which is left as it is.
    pub truncate_dim: Option<u32>,
    /// Whether vectors are scaled to length 1.
    pub normalize: Option<bool>,
    /// The prompt to put before each text.
    pub prompt_name: Option<String>,
}

/// The request of `bertscore`.
#[napi(object, object_to_js = false)]
pub struct BertScoreInput {
    /// The candidates.
    pub candidates: Vec<String>,
    /// One reference a candidate, or else `reference_lists`.
    pub references: Option<Vec<String>>,
    /// Several references a candidate.
    pub reference_lists: Option<Vec<Vec<String>>>,
    /// Chooses the model where none is named.
    pub lang: Option<String>,
    /// The model, if the caller names one.
    pub model_type: Option<String>,
    /// The layer to score on.
    pub num_layers: Option<u32>,
    /// Whether rare tokens weigh more.
    pub idf: Option<bool>,
    /// Whether scores are rescaled.
    pub rescale_with_baseline: Option<bool>,
}

/// The request of `rerank`.
#[napi(object, object_to_js = false)]
pub struct RerankInput {
    /// What is looked for.
    pub query: String,
    /// The documents' texts.
    pub documents: Vec<String>,
    /// The model, if the caller names one.
    pub model: Option<String>,
    /// The best so many.
    pub top_n: Option<u32>,
    /// Whether documents come back with their scores.
    pub return_documents: Option<bool>,
    /// Whether scores are the model's raw outputs.
    pub raw_scores: Option<bool>,
}

impl EmbedSettings {
    /// The request for these texts.
    pub(crate) fn request(self, texts: Vec<String>) -> EmbedRequest {
        let Self { model, dimensions, truncate_dim, normalize, prompt_name } = self;
        let [dimensions, truncate_dim] =
            [dimensions, truncate_dim].map(|count| count.map(|count| count as usize));
        EmbedRequest { texts, model, dimensions, truncate_dim, normalize, prompt_name }
    }
}

impl From<BertScoreInput> for BertScoreRequest {
    fn from(input: BertScoreInput) -> Self {
        let references = match input.reference_lists {
            Some(lists) => References::Multiple(lists),
            None => References::Single(input.references.unwrap_or_default()),
        };
        Self {
            candidates: input.candidates,
            references,
            lang: input.lang,
            model_type: input.model_type,
            num_layers: input.num_layers.map(|count| count as usize),
            idf: input.idf,
            rescale_with_baseline: input.rescale_with_baseline,
        }
    }
}

impl From<RerankInput> for RerankRequest {
    fn from(input: RerankInput) -> Self {
        Self {
            query: input.query,
            documents: input.documents.into_iter().map(Document::Bare).collect(),
            model: input.model,
            top_n: input.top_n.map(|count| count as usize),
            return_documents: input.return_documents,
            raw_scores: input.raw_scores,
        }
    }
}
