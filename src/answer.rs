//! News of calls as JavaScript gets it: the call's number, and progress, a value, a failure or a mistake of ours.
//!
//! Vectors cross as one `Float32Array` over the memory that Rust filled; everything else is small and crosses as
//! JSON, which is quicker than an object built field by field.

use gpu_bridge_core::Error;
use gpu_bridge_protocol::Vectors;
use napi::bindgen_prelude::{Either, Float32Array};
use napi_derive::napi;
use serde::Serialize;

use crate::error::Failure;
use crate::progress::ProgressEvent;

/// What a call comes to. `Err` is what the core panicked over, which would be a mistake in it.
pub(crate) type Answer = Result<Result<Value, Error>, &'static str>;

/// What a host answered.
pub(crate) enum Value {
    Json(String),
    Vectors(Vectors),
}

/// News of a call.
pub(crate) enum News {
    Progress(ProgressEvent),
    Answer(Answer),
}

/// What became of a call. One of the four last fields is there; all but the first of them end it.
#[napi(object, object_from_js = false)]
pub struct Settled {
    /// The call.
    pub call: u32,
    /// How far it has come.
    pub progress: Option<ProgressEvent>,
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

impl From<(u32, News)> for Settled {
    fn from((call, news): (u32, News)) -> Self {
        let none = Self { call, progress: None, value: None, failure: None, bug: None };
        match news {
            News::Progress(progress) => Self { progress: Some(progress), ..none },
            News::Answer(Ok(Ok(Value::Json(text)))) => Self { value: Some(Either::A(text)), ..none },
            News::Answer(Ok(Ok(Value::Vectors(vectors)))) => {
                Self { value: Some(Either::B(vectors.into())), ..none }
            }
            News::Answer(Ok(Err(error))) => Self { failure: Some(error.into()), ..none },
            News::Answer(Err(bug)) => Self { bug: Some(bug), ..none },
        }
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
