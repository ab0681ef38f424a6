//! The dialect of OpenAI's `/v1/embeddings`, as vLLM, text-embeddings-inference, Ollama, llama.cpp and others speak it.
//!
//! Numbers are asked for as base64 of their bytes, which costs a fraction of JSON's digits; a server that sends digits all
//! the same is read as well. Which texts were cut isn't told, so none are named. Answers are one model's only where
//! server and model's name agree: nothing shows that gpu-service, or another server's model of another name, would give
//! the same vectors.

mod answer;
mod culprit;
pub(crate) mod refusal;
mod width;

use std::ops::Range;

use bytes::Bytes;
use gpu_bridge_protocol::{EmbedRequest, Vectors};
use serde::Serialize;

use self::answer::OpenAiAnswer;
use crate::dialect::{Dialect, Manner};
use crate::embed_checks::check_vectors;
use crate::fault::Fault;
use crate::identity::Identity;
use crate::outcome::Outcome;
use crate::transport::HostReply;
use crate::work::to_json;

/// See the module.
pub(crate) struct OpenAi<'a>(pub(crate) &'a EmbedRequest);

#[derive(Serialize)]
struct Request<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    input: &'a [String],
    encoding_format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<usize>,
}

impl Dialect<Vectors> for OpenAi<'_> {
    fn path(&self) -> &'static str {
        "/v1/embeddings"
    }

    fn accept(&self) -> &'static str {
        "application/json"
    }

    fn wants_model(&self) -> bool {
        self.0.model.is_none()
    }

    fn body(&self, items: &Range<usize>, manner: Manner<'_>) -> Bytes {
        let request = self.0;
        to_json(&Request {
            model: request.model.as_deref().or(manner.model),
            input: &request.texts[items.clone()],
            encoding_format: if manner.plain { "float" } else { "base64" },
            dimensions: request.dimensions,
        })
    }

    fn read(&self, items: &Range<usize>, reply: &HostReply) -> Result<(Vectors, Identity), Outcome> {
        let no_answer = |reason: String| Outcome::no_answer(reply, &reason);
        let mut vectors = self.vectors(items, reply).map_err(no_answer)?;
        if let Some(width) = self.0.dimensions {
            width::cut(&mut vectors, width).map_err(|reason| {
                Outcome::BadInput(Fault::new("invalid_input", Some(reply.status), reason))
            })?;
        }
        check_vectors(self.0, items.len(), &vectors).map_err(no_answer)?;
        let identity = Identity::of_openai(&vectors.model, vectors.dimensions);
        Ok((vectors, identity))
    }

    fn refused(&self, items: &Range<usize>, reply: &HostReply) -> Outcome {
        let texts = &self.0.texts[items.clone()];
        match refusal::outcome(reply) {
            Outcome::BadInput(fault) => Outcome::BadInput(culprit::name(fault, texts)),
            outcome => outcome,
        }
    }
}

impl OpenAi<'_> {
    fn vectors(&self, items: &Range<usize>, reply: &HostReply) -> Result<Vectors, String> {
        let answer: OpenAiAnswer = serde_json::from_slice(&reply.body).map_err(|error| error.to_string())?;
        let mut vectors = answer.into_vectors(items.len())?;
        if let (true, Some(asked)) = (vectors.model.is_empty(), &self.0.model) {
            vectors.model.clone_from(asked);
        }
        Ok(vectors)
    }
}
