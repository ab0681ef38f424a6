//! `POST /bertscore`.

use serde::{Deserialize, Serialize};

/// Candidates to score against references.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BertScoreRequest {
    /// At least one text.
    pub candidates: Vec<String>,
    /// As many entries as candidates.
    pub references: References,
    /// Chooses the model where none is named, as the `bert-score` package does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// The service's default model where neither this nor `lang` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_type: Option<String>,
    /// Score on this layer's output; absent: the reference package's choice for the model, else the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_layers: Option<usize>,
    /// Weigh tokens by how rare they are among the references.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idf: Option<bool>,
    /// Rescale by the published baselines, so that unrelated texts score about 0; needs `lang`. A model or language without a
    /// baseline is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rescale_with_baseline: Option<bool>,
}

/// One reference for each candidate, or several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a list of texts, or a list of lists of texts")]
pub enum References {
    /// `references[i]` belongs to `candidates[i]`.
    Single(Vec<String>),
    /// The best of `references[i]`, taken for precision, recall and F1 each on its own.
    Multiple(Vec<Vec<String>>),
}

impl References {
    /// How many candidates these references are for.
    pub fn len(&self) -> usize {
        match self {
            Self::Single(texts) => texts.len(),
            Self::Multiple(groups) => groups.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Scores, one each for every candidate, in the order of the request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BertScoreResponse {
    /// How much of the candidate the reference backs.
    pub precision: Vec<f32>,
    /// How much of the reference the candidate covers.
    pub recall: Vec<f32>,
    /// Harmonic mean of the two.
    pub f1: Vec<f32>,
    /// The model that answered.
    pub model: String,
    /// The layer scored on. Services of 0.2 don't say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_layers: Option<usize>,
    /// Indices of the pairs with a text that was longer than the model reads. Services of 0.2 don't say.
    #[serde(default)]
    pub truncated: Vec<usize>,
}
