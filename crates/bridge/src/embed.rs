//! Embedding: texts to vectors.

use std::ops::Range;

use bytes::Bytes;
use gpu_bridge_protocol::headers::SAFETENSORS;
use gpu_bridge_protocol::{EmbedRequest, Vectors};
use http::header::CONTENT_TYPE;

use crate::batch::Batch;
use crate::config::Config;
use crate::demand::{Kind, estimate};
use crate::dialect::Dialect;
use crate::embed_checks::{check_request, check_vectors};
use crate::error::Error;
use crate::gpu_bridge::GpuBridge;
use crate::host_protocol::Protocol;
use crate::identity::Identity;
use crate::openai::OpenAi;
use crate::transport::HostReply;
use crate::truncated;
use crate::work::{Work, to_json};

/// A checked `/embed` request.
#[derive(Debug)]
pub(crate) struct EmbedWork {
    request: EmbedRequest,
    batch: Batch,
    kind: Kind,
}

impl EmbedWork {
    /// Checks a request and fills in the configured model.
    pub(crate) fn new(mut request: EmbedRequest, config: &Config) -> Result<Self, Error> {
        check_request(&request, &config.limits)?;
        request.model = request.model.or_else(|| config.models.embed.clone());
        let batch = Batch::new(request.texts.iter().map(|text| estimate(text)));
        let kind = Kind::new(Self::PATH, request.model.as_deref());
        Ok(Self { request, batch, kind })
    }
}

impl Work for EmbedWork {
    type Answer = Vectors;
    const PATH: &'static str = "/embed";
    const LIST: &'static str = "texts";
    const ACCEPT: &'static str = "application/vnd.safetensors, application/json;q=0.5";

    fn batch(&self) -> &Batch {
        &self.batch
    }

    fn native_only(&self) -> Option<&'static str> {
        match &self.request {
            EmbedRequest { prompt_name: Some(_), .. } => Some("`prompt_name`"),
            EmbedRequest { normalize: Some(_), .. } => Some("`normalize`"),
            EmbedRequest { truncate_dim: Some(_), .. } => Some("`truncate_dim`"),
            _ => None,
        }
    }

    fn dialect(&self, protocol: Protocol) -> Option<Box<dyn Dialect<Vectors> + '_>> {
        match protocol {
            Protocol::GpuBridge => Some(Box::new(GpuBridge(self))),
            Protocol::OpenAi if self.native_only().is_none() => Some(Box::new(OpenAi(&self.request))),
            Protocol::OpenAi => None,
        }
    }

    fn kind(&self) -> &Kind {
        &self.kind
    }

    fn body(&self, items: &Range<usize>) -> Bytes {
        if items.len() == self.batch.len() {
            return to_json(&self.request);
        }
        let EmbedRequest { texts, model, prompt_name, .. } = &self.request;
        let texts = texts[items.clone()].to_vec();
        let (model, prompt_name) = (model.clone(), prompt_name.clone());
        to_json(&EmbedRequest { texts, model, prompt_name, ..self.request })
    }

    fn read(&self, items: &Range<usize>, reply: &HostReply) -> Result<Vectors, String> {
        let kind = reply.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let vectors = match kind {
            Some(kind) if kind.starts_with(SAFETENSORS) => Vectors::from_safetensors(&reply.body),
            _ => Vectors::from_json(&reply.body),
        };
        let vectors = vectors.map_err(|error| error.to_string())?;
        check_vectors(&self.request, items.len(), &vectors)?;
        Ok(Vectors { fingerprint: reply.fingerprint().map(str::to_owned), ..vectors })
    }

    fn identity(answer: &Vectors, reply: &HostReply) -> Identity {
        Identity::of(reply, &answer.model, answer.dimensions)
    }

    fn counted(answer: &Vectors) -> Option<u64> {
        (answer.usage.tokens > 0).then_some(answer.usage.tokens)
    }

    fn place(&self, whole: &mut Option<Vectors>, items: &Range<usize>, part: Vectors) {
        if items.len() == self.batch.len() {
            *whole = Some(part);
            return;
        }
        let dimensions = part.dimensions;
        let whole = whole.get_or_insert_with(|| Vectors {
            data: vec![0.0; self.batch.len() * dimensions],
            dimensions,
            model: part.model.clone(),
            fingerprint: part.fingerprint.clone(),
            ..Vectors::default()
        });
        whole.data[items.start * dimensions..items.end * dimensions].copy_from_slice(&part.data);
        truncated::place(&mut whole.truncated, items.start, &part.truncated);
        whole.usage.tokens += part.usage.tokens;
    }
}

#[cfg(test)]
mod tests {
    use gpu_bridge_protocol::Usage;
    use serde_json::json;

    use super::*;

    fn part(first: f32, count: usize, truncated: &[usize], tokens: u64) -> Vectors {
        let data = (0..count * 2).map(|index| first + index as f32).collect();
        let (model, truncated) = ("m".to_owned(), truncated.to_vec());
        Vectors { data, dimensions: 2, model, truncated, usage: Usage { tokens }, fingerprint: None }
    }

    #[test]
    fn slices_land_in_order_whatever_comes_first() {
        let config = Config::from_json(json!({})).unwrap();
        let texts = vec!["a".to_owned(); 5];
        let work = EmbedWork::new(EmbedRequest { texts, ..Default::default() }, &config).unwrap();
        let mut whole = None;
        work.place(&mut whole, &(3..5), part(6.0, 2, &[1], 7));
        work.place(&mut whole, &(0..3), part(0.0, 3, &[0, 2], 9));
        let whole = whole.unwrap();
        assert_eq!(whole.data, (0..10).map(|number| number as f32).collect::<Vec<_>>());
        assert_eq!((whole.truncated, whole.usage.tokens), (vec![0, 2, 4], 16));
    }
}
