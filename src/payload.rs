//! Requests as JavaScript passes them, their texts apart, and their way into the wire's types.
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

/// The request of `bertscore`, but for its texts.
#[derive(Default)]
#[napi(object, object_to_js = false)]
pub struct BertScoreSettings {
    /// How many of the references belong to each candidate, where that isn't one.
    pub reference_counts: Option<Vec<u32>>,
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

/// The request of `rerank`, but for its documents.
#[napi(object, object_to_js = false)]
pub struct RerankSettings {
    /// What is looked for.
    pub query: String,
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

impl BertScoreSettings {
    /// The request for these texts.
    pub(crate) fn request(self, candidates: Vec<String>, references: Vec<String>) -> BertScoreRequest {
        let references = match self.reference_counts {
            Some(counts) => References::Multiple(grouped(references, &counts)),
            None => References::Single(references),
        };
        BertScoreRequest {
            candidates,
            references,
            lang: self.lang,
            model_type: self.model_type,
            num_layers: self.num_layers.map(|count| count as usize),
            idf: self.idf,
            rescale_with_baseline: self.rescale_with_baseline,
        }
    }
}

impl RerankSettings {
    /// The request for these documents.
    pub(crate) fn request(self, documents: Vec<String>) -> RerankRequest {
        RerankRequest {
            query: self.query,
            documents: documents.into_iter().map(Document::Bare).collect(),
            model: self.model,
            top_n: self.top_n.map(|count| count as usize),
            return_documents: self.return_documents,
            raw_scores: self.raw_scores,
        }
    }
}

/// The texts in lists of these lengths.
fn grouped(texts: Vec<String>, counts: &[u32]) -> Vec<Vec<String>> {
    let mut texts = texts.into_iter();
    counts.iter().map(|&count| texts.by_ref().take(count as usize).collect()).collect()
}
