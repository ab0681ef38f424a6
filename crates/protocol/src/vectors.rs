//! Vectors in bulk: a safetensors body, four bytes a number.
//!
//! The body holds one tensor, `embeddings`, `F32` of shape `[texts, dimensions]`, and in `__metadata__` (whose
//! values are strings) `model`, `dimensions`, `tokens` and `truncated`, the last a JSON list of indices.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, SafeTensorError, TensorView};
use serde::Deserialize;

use crate::matrix::Matrix;
use crate::vectors_header::{Header, Metadata, read};
use crate::{EmbedResponse, Usage};

const TENSOR: &str = "embeddings";
/// What stands before the matrix in JSON.
const KEY: &[u8] = br#""embeddings""#;

/// The answer to `/embed`, its numbers in one block.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vectors {
    /// `[texts, dimensions]`, row after row.
    pub data: Vec<f32>,
    /// Length of each vector.
    pub dimensions: usize,
    /// The model that answered.
    pub model: String,
    /// Indices of the texts that were longer than the model reads.
    pub truncated: Vec<usize>,
    /// What the request cost.
    pub usage: Usage,
    /// What the header `x-model-fingerprint` said beside the body, which doesn't hold it.
    pub fingerprint: Option<String>,
}

/// Why a body is no [`Vectors`].
#[derive(Debug, thiserror::Error)]
pub enum VectorsError {
    /// The body isn't safetensors.
    #[error("the body isn't safetensors: {0}")]
    Format(#[from] SafeTensorError),
    /// The body isn't a JSON answer.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// The tensor isn't a matrix of `F32`.
    #[error("`embeddings` is {dtype:?} of shape {shape:?}; F32 of [texts, dimensions] was expected")]
    Tensor {
        /// What it is made of.
        dtype: Dtype,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// The metadata lacks an entry, or has a bad one.
    #[error("`__metadata__.{key}` is {}, which can't be read", .value.as_deref().unwrap_or("missing"))]
    Metadata {
        /// The entry.
        key: &'static str,
        /// Its value.
        value: Option<String>,
    },
    /// The rows of a JSON answer aren't all equally long.
    #[error("row {row} has {actual} numbers where the answer says {expected}")]
    Ragged {
        /// The first row that differs.
        row: usize,
        /// Its length.
        actual: usize,
        /// The answer's `dimensions`.
        expected: usize,
    },
}

impl Vectors {
    /// How many vectors there are.
    pub fn len(&self) -> usize {
        self.data.len().checked_div(self.dimensions).unwrap_or(0)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// The body.
    ///
    /// # Errors
    /// When `data` isn't a whole number of rows.
    pub fn to_safetensors(&self) -> Result<Vec<u8>, VectorsError> {
        let bytes: Vec<u8> = self.data.iter().flat_map(|number| number.to_le_bytes()).collect();
        let view = TensorView::new(Dtype::F32, vec![self.len(), self.dimensions], &bytes)?;
        Ok(safetensors::serialize([(TENSOR, view)], Some(self.metadata()))?)
    }

    /// Reads a body.
    ///
    /// # Errors
    /// When it isn't what [`to_safetensors`](Self::to_safetensors) writes.
    pub fn from_safetensors(body: &[u8]) -> Result<Self, VectorsError> {
        let (header, data) = Header::split(body)?;
        let dimensions = header.dimensions(data)?;
        let Metadata { model, tokens, truncated } = header.metadata;
        Ok(Self {
            data: data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
            dimensions,
            model: model.ok_or(VectorsError::Metadata { key: "model", value: None })?,
            truncated: read("truncated", truncated)?,
            usage: Usage { tokens: read("tokens", tokens)? },
            fingerprint: None,
        })
    }

    /// Reads an [`EmbedResponse`], its numbers straight into one block.
    ///
    /// # Errors
    /// When it isn't one, or its rows aren't all as long as it says.
    pub fn from_json(body: &[u8]) -> Result<Self, VectorsError> {
        match Self::from_usual_json(body) {
            Some(vectors) => Ok(vectors),
            None => serde_json::from_slice::<EmbedResponse>(body)?.try_into(),
        }
    }

    /// The matrix is read by itself, and the rest with a number in its place: so it is known that it stood there.
    /// `None` where anything is unusual.
    fn from_usual_json(body: &[u8]) -> Option<Self> {
        let at = body.windows(KEY.len()).position(|window| window == KEY)? + KEY.len();
        let behind_key = body[at..].trim_ascii_start().strip_prefix(b":")?;
        let (Matrix { data, columns }, rest) = Matrix::read(behind_key)?;
        let rest: Rest = serde_json::from_slice(&[&body[..at], b":0", rest].concat()).ok()?;
        let Rest { embeddings: 0, model, dimensions, truncated, usage } = rest else { return None };
        (dimensions == columns).then_some(Self {
            data,
            dimensions,
            model,
            truncated,
            usage,
            fingerprint: None,
        })
    }

    fn metadata(&self) -> HashMap<String, String> {
        HashMap::from([
            ("model".to_owned(), self.model.clone()),
            ("dimensions".to_owned(), self.dimensions.to_string()),
            ("tokens".to_owned(), self.usage.tokens.to_string()),
            ("truncated".to_owned(), format!("{:?}", self.truncated)),
        ])
    }
}

/// An [`EmbedResponse`] with a number for the matrix.
#[derive(Deserialize)]
struct Rest {
    embeddings: u8,
    model: String,
    dimensions: usize,
    #[serde(default)]
    truncated: Vec<usize>,
    #[serde(default)]
    usage: Usage,
}

impl From<Vectors> for EmbedResponse {
    fn from(vectors: Vectors) -> Self {
        let embeddings = vectors.data.chunks(vectors.dimensions.max(1)).map(<[f32]>::to_vec).collect();
        let Vectors { dimensions, model, truncated, usage, .. } = vectors;
        Self { embeddings, model, dimensions, truncated, usage }
    }
}

impl TryFrom<EmbedResponse> for Vectors {
    type Error = VectorsError;

    fn try_from(response: EmbedResponse) -> Result<Self, VectorsError> {
        let EmbedResponse { embeddings, model, dimensions, truncated, usage } = response;
        if let Some((row, vector)) = embeddings.iter().enumerate().find(|(_, v)| v.len() != dimensions) {
            return Err(VectorsError::Ragged { row, actual: vector.len(), expected: dimensions });
        }
        Ok(Self { data: embeddings.concat(), dimensions, model, truncated, usage, fingerprint: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vectors {
        Vectors {
            data: vec![1.0, -2.5, f32::MIN_POSITIVE, 4.0, 0.0, -0.0],
            dimensions: 3,
            model: "org/näme".to_owned(),
            truncated: vec![1],
            usage: Usage { tokens: 7 },
            fingerprint: None,
        }
    }

    #[test]
    fn vectors_survive_the_body() {
        let body = sample().to_safetensors().unwrap();
        assert_eq!(Vectors::from_safetensors(&body).unwrap(), sample());
    }

    #[test]
    fn vectors_survive_json() {
        let response = EmbedResponse::from(sample());
        assert_eq!(response.embeddings.len(), 2);
        assert_eq!(Vectors::try_from(response).unwrap(), sample());
    }

    #[test]
    fn a_cut_body_is_an_error() {
        let body = sample().to_safetensors().unwrap();
        for length in [0, 7, 20, body.len() - 1] {
            assert!(Vectors::from_safetensors(&body[..length]).is_err(), "{length} bytes were accepted");
        }
    }

    #[test]
    fn json_is_read_however_it_is_laid_out() {
        let response = EmbedResponse::from(sample());
        let pretty = serde_json::to_string_pretty(&response).unwrap();
        let last =
            pretty.replace("\"embeddings\"", "\"e\"").replace("}\n}", "}, \"embeddings\": [[1e0,-25e-1]] }");
        let escaped = pretty.replacen('{', r#"{"x\"embeddings": [[1]], "#, 1);
        for body in [serde_json::to_string(&response).unwrap(), pretty, escaped] {
            assert_eq!(Vectors::from_json(body.as_bytes()).unwrap(), sample(), "{body}");
        }
        let last = last.replace("\"dimensions\": 3", "\"dimensions\": 2");
        let vectors = Vectors::from_json(last.as_bytes()).unwrap();
        assert_eq!((vectors.data, vectors.dimensions), (vec![1.0, -2.5], 2), "{last}");
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        let body = serde_json::to_string(&EmbedResponse::from(sample())).unwrap();
        for length in 0..body.len() {
            assert!(Vectors::from_json(&body.as_bytes()[..length]).is_err(), "{}", &body[..length]);
        }
        for body in [
            r#"{"embeddings":0,"model":"m","dimensions":0}"#,
            r#"{"in":{"embeddings":[[1]]},"model":"m","dimensions":1}"#,
        ] {
            assert!(Vectors::from_json(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn ragged_json_is_an_error_that_names_the_row() {
        let mut response = EmbedResponse::from(sample());
        response.embeddings[1].pop();
        let body = serde_json::to_vec(&response).unwrap();
        let error = Vectors::from_json(&body).unwrap_err().to_string();
        assert!(error.contains("row 1 has 2 numbers"), "{error}");
    }
}
