//! Answers as JavaScript gets them: the call's number, and a value, a failure or a mistake of ours.
//!
//! Vectors cross as one `Float32Array` over the memory that Rust filled; everything else is small and crosses as
//! JSON, which is quicker than an object built field by field.

use gpu_bridge_core::Error;
use gpu_bridge_protocol::Vectors;
use napi::bindgen_prelude::{Either, Float32Array};
use napi_derive::napi;
use serde::Serialize;

use crate::error::Failure;

/// What a call comes to. `Err` is what the core panicked over, which would be a mistake in it.
pub(crate) type Answer = Result<Result<Value, Error>, &'static str>;

/// What a host answered.
pub(crate) enum Value {
    Json(String),
    Vectors(Vectors),
}

/// A call that has ended. One of the three last fields is there.
#[napi(object, object_from_js = false)]
pub struct Settled {
    /// The call.
    pub call: u32,
    /// JSON, or vectors.
    pub value: Option<Either<String, VectorsValue>>,
    /// Why there is no value.
    pub failure: Option<Failure>,
    /// What to report to us.
    pub bug: Option<&'static str>,
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
    /// What tells this model's vectors from any other's, where the host says so.
    pub fingerprint: Option<String>,
}

/// The contract's types can't fail to be written.
pub(crate) fn json(answer: &impl Serialize) -> String {
    serde_json::to_string(answer).unwrap_or_default()
}

impl From<(u32, Answer)> for Settled {
    fn from((call, answer): (u32, Answer)) -> Self {
        let (value, failure, bug) = match answer {
            Ok(Ok(Value::Json(text))) => (Some(Either::A(text)), None, None),
            Ok(Ok(Value::Vectors(vectors))) => (Some(Either::B(vectors.into())), None, None),
            Ok(Err(error)) => (None, Some(error.into()), None),
            Err(bug) => (None, None, Some(bug)),
        };
        Self { call, value, failure, bug }
    }
}

impl From<Vectors> for VectorsValue {
    fn from(vectors: Vectors) -> Self {
        let Vectors { data, dimensions, model, truncated, usage, fingerprint } = vectors;
        Self {
            vectors: data.into(),
            dimensions: dimensions as u32,
            model,
            truncated: truncated.into_iter().map(|index| index as u32).collect(),
            tokens: usage.tokens as f64,
            fingerprint,
        }
    }
}
