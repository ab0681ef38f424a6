//! `POST /embed`.

use serde::{Deserialize, Serialize};

/// Texts to turn into vectors.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EmbedRequest {
    /// At least one text.
    pub texts: Vec<String>,
    /// The service's default model where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Keep only the first so many numbers of a vector, then scale it back to length 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<usize>,
    /// Keep only the first so many numbers of a vector and leave them as they are, as sentence-transformers does; absent: as the
    /// model's own configuration says. Not together with `dimensions`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truncate_dim: Option<usize>,
    /// `true` scales vectors to length 1, `false` leaves out the model's own scaling; absent: as the model does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normalize: Option<bool>,
    /// A prompt the model's own configuration names, put before each text; absent: its default prompt. `query` and `document`
    /// are always known and mean no prompt unless the model has one of that name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_name: Option<String>,
}

/// Vectors as JSON carries them; [`Vectors`](crate::Vectors) is the same answer in bulk form.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EmbedResponse {
    /// `[texts, dimensions]`, in the order of the request.
    pub embeddings: Vec<Vec<f32>>,
    /// The model that answered.
    pub model: String,
    /// Length of each vector.
    pub dimensions: usize,
    /// Indices of the texts that were longer than the model reads. Services of 0.2 don't say.
    #[serde(default)]
    pub truncated: Vec<usize>,
    /// What the request cost. Services of 0.2 don't say.
    #[serde(default)]
    pub usage: Usage,
}

/// What a request cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens the model read, special tokens included.
    #[serde(default)]
    pub tokens: u64,
}
