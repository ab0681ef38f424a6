//! Answers as JavaScript gets them: a value or a failure, one of the two.
//!
//! Vectors cross as one `Float32Array` over the memory that Rust filled; everything else is small and crosses as
//! JSON, which is quicker than an object built field by field.

use gpu_bridge_core::Error;
use gpu_bridge_protocol::Vectors;
use napi::bindgen_prelude::Float32Array;
use napi_derive::napi;

use crate::error::Failure;

/// What a call with a JSON answer comes to.
#[napi(object, object_from_js = false)]
pub struct TextAnswer {
    /// JSON.
    pub value: Option<String>,
    /// Why there is no value.
    pub failure: Option<Failure>,
}

/// What `embed` comes to.
#[napi(object, object_from_js = false)]
pub struct VectorsAnswer {
    /// The vectors.
    pub value: Option<VectorsValue>,
    /// Why there is no value.
    pub failure: Option<Failure>,
}

/// The answer to `embed`.
#[napi(object, object_from_js = false)]
pub struct VectorsValue {
    /// `[texts, dimensions]`, row after row.
    pub vectors: Float32Array,
    /// Length of each vector.
    pub dimensions: u32,
    /// The model that answered.
    pub model: String,
    /// Indices of the texts that were cut.
    pub truncated: Vec<u32>,
    /// Tokens the model read.
    pub tokens: f64,
}

impl From<Result<String, Error>> for TextAnswer {
    fn from(result: Result<String, Error>) -> Self {
        match result {
            Ok(value) => Self { value: Some(value), failure: None },
            Err(error) => Self { value: None, failure: Some(error.into()) },
        }
    }
}

impl From<Result<Vectors, Error>> for VectorsAnswer {
    fn from(result: Result<Vectors, Error>) -> Self {
        match result {
            Ok(vectors) => Self { value: Some(vectors.into()), failure: None },
            Err(error) => Self { value: None, failure: Some(error.into()) },
        }
    }
}

impl From<Vectors> for VectorsValue {
    fn from(vectors: Vectors) -> Self {
        let Vectors { data, dimensions, model, truncated, usage } = vectors;
        Self {
            vectors: data.into(),
            dimensions: dimensions as u32,
            model,
            truncated: truncated.into_iter().map(|index| index as u32).collect(),
            tokens: usage.tokens as f64,
        }
    }
}
