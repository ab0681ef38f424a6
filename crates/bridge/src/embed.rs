//! Embedding: texts to vectors.

use bytes::Bytes;
use gpu_bridge_protocol::headers::SAFETENSORS;
use gpu_bridge_protocol::{EmbedRequest, EmbedResponse, Vectors};
use http::header::CONTENT_TYPE;

use crate::config::Config;
use crate::demand::{Demand, Kind, estimate};
use crate::error::Error;
use crate::transport::HostReply;
use crate::work::{Work, to_json};

/// A checked `/embed` request.
#[derive(Debug)]
pub(crate) struct EmbedWork {
    body: Bytes,
    demand: Demand,
    texts: usize,
    /// The width the caller asked for. A service of 0.2 ignores it.
    dimensions: Option<usize>,
    /// Another field that a service of 0.2 ignores, if the caller uses one.
    newer: Option<&'static str>,
}

impl EmbedWork {
    /// Checks a request and fills in the configured model.
    pub(crate) fn new(mut request: EmbedRequest, config: &Config) -> Result<Self, Error> {
        config.limits.check_count("texts", request.texts.len())?;
        config.limits.check_texts("texts", &request.texts)?;
        for (field, width) in [("dimensions", request.dimensions), ("truncate_dim", request.truncate_dim)] {
            if width == Some(0) {
                return Err(Error::input(format!("`{field}` is 0; ask for at least 1, or leave it out.")));
            }
        }
        request.model = request.model.or_else(|| config.models.embed.clone());
        let newer = match (&request.normalize, &request.prompt_name) {
            (Some(_), _) => Some("normalize"),
            (None, Some(_)) => Some("prompt_name"),
            (None, None) => None,
        };
        let (texts, dimensions) = (request.texts.len(), request.dimensions.or(request.truncate_dim));
        let tokens = request.texts.iter().map(|text| estimate(text)).sum::<u64>() as f64;
        let demand = Demand { kind: Kind::new(Self::PATH, request.model.as_deref()), tokens };
        Ok(Self { body: to_json(&request)?, demand, texts, dimensions, newer })
    }

    fn check(&self, vectors: Vectors) -> Result<Vectors, String> {
        let (rows, columns) = (vectors.len(), vectors.dimensions);
        // Services of 0.2 don't count tokens; later ones find at least the special ones.
        if let Some(field) = self.newer.filter(|_| vectors.usage.tokens == 0) {
            return Err(format!("the host is of version 0.2 and ignores `{field}`"));
        }
        if rows != self.texts || columns == 0 {
            return Err(format!("{rows} vectors of {columns} numbers came back for {} texts", self.texts));
        }
        if let Some(wanted) = self.dimensions.filter(|&wanted| wanted != columns) {
            return Err(format!("vectors of {columns} numbers came back where {wanted} were asked for"));
        }
        if let Some(at) = vectors.data.iter().position(|number| !number.is_finite()) {
            return Err(format!("vector {} holds {}", at / columns, vectors.data[at]));
        }
        match vectors.truncated.iter().find(|&&index| index >= rows) {
            Some(index) => Err(format!("`truncated` names text {index} of {rows}")),
            None => Ok(vectors),
        }
    }
}

impl Work for EmbedWork {
    type Answer = Vectors;
    const PATH: &'static str = "/embed";
    const ACCEPT: &'static str = "application/vnd.safetensors, application/json;q=0.5";

    fn body(&self) -> Bytes {
        self.body.clone()
    }

    fn demand(&self) -> &Demand {
        &self.demand
    }

    fn counted(answer: &Vectors) -> Option<u64> {
        (answer.usage.tokens > 0).then_some(answer.usage.tokens)
    }

    fn read(&self, reply: &HostReply) -> Result<Vectors, String> {
        let kind = reply.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let vectors = match kind {
            Some(kind) if kind.starts_with(SAFETENSORS) => Vectors::from_safetensors(&reply.body),
            _ => Vectors::try_from(
                serde_json::from_slice::<EmbedResponse>(&reply.body).map_err(|error| error.to_string())?,
            ),
        };
        self.check(vectors.map_err(|error| error.to_string())?)
    }
}
