//! A host as the gpu-service of today behaves, on a simulated device: vectors that tell which text they are of, limits,
//! usage, a fingerprint. Switched to 0.2 it leaves out what 0.2 left out.

use std::sync::Arc;

use gpu_bridge_core::protocol::{BertScoreRequest, EmbedRequest, References, RerankRequest};
use gpu_bridge_core::{HostReply, HostRequest};
use serde_json::{Value, json};

use super::{Device, Host, Reaction, good, refusal, reply};

/// See the module.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) device: Arc<Device>,
    /// `None` is a host of 0.2.
    pub(crate) fingerprint: Option<&'static str>,
    /// Texts or pairs a request.
    pub(crate) most: usize,
    /// Whether `/info` tells.
    pub(crate) says_limits: bool,
}

impl Service {
    /// So many tokens a second.
    pub(crate) fn new(speed: f64) -> Self {
        Self::on(Device::new(move |_| speed))
    }

    pub(crate) fn on(device: Arc<Device>) -> Self {
        Self { device, fingerprint: Some("f1"), most: 10_000, says_limits: true }
    }

    pub(crate) fn host(self) -> Host {
        Box::new(move |request, _| self.react(request))
    }

    pub(crate) fn react(&self, request: &HostRequest) -> Reaction {
        match self.answer(request) {
            (0.0, reply) => Reaction::Reply(super::ms(1), reply),
            (tokens, reply) => Reaction::Work(self.device.clone(), tokens, reply),
        }
    }

    /// The answer, and what the device does for it: nothing for a refusal.
    pub(crate) fn answer(&self, request: &HostRequest) -> (f64, HostReply) {
        let (items, tokens, answer) = match request.url.path() {
            "/embed" => self.embed(&serde_json::from_slice(&request.body).unwrap()),
            "/bertscore" => score(&serde_json::from_slice(&request.body).unwrap()),
            "/rerank" => rank(&serde_json::from_slice(&request.body).unwrap()),
            "/info" if self.says_limits && self.fingerprint.is_some() => return (0.0, self.info(request)),
            _ => return (0.0, good(request)),
        };
        if items > self.most {
            return (0.0, refusal(413, "batch_too_large"));
        }
        (tokens, self.stamped(reply(200, &answer)))
    }

    fn stamped(&self, mut reply: HostReply) -> HostReply {
        if let Some(fingerprint) = self.fingerprint {
            reply.headers.insert("x-model-fingerprint", fingerprint.parse().unwrap());
        }
        reply
    }

    fn info(&self, request: &HostRequest) -> HostReply {
        let mut answer: Value = serde_json::from_slice(&good(request).body).unwrap();
        answer["limits"] =
            json!({ "max_batch_size": self.most, "max_text_length": 10_000, "max_concurrent": 8 });
        reply(200, &answer)
    }

    fn embed(&self, request: &EmbedRequest) -> (usize, f64, Value) {
        let texts = &request.texts;
        let vectors: Vec<_> = texts.iter().map(|text| [number(text), text.len() as f32]).collect();
        let truncated: Vec<_> = (0..texts.len()).filter(|&at| texts[at].contains("cut")).collect();
        let tokens: f64 = texts.iter().map(|text| tokens(text)).sum();
        let mut answer = json!({ "embeddings": vectors, "model": "m", "dimensions": 2 });
        if self.fingerprint.is_some() {
            answer["truncated"] = json!(truncated);
            answer["usage"] = json!({ "tokens": tokens as u64 });
        }
        (texts.len(), tokens, answer)
    }
}

/// Precision is the candidate's number, recall the reference's, F1 the pair's place in its request.
fn score(request: &BertScoreRequest) -> (usize, f64, Value) {
    let References::Single(references) = &request.references else { panic!("one reference each") };
    let numbers = |texts: &[String]| texts.iter().map(|text| number(text)).collect::<Vec<_>>();
    let places: Vec<_> = (0..references.len()).collect();
    let cost = request.candidates.iter().chain(references).map(|text| tokens(text)).sum();
    let answer = json!({ "precision": numbers(&request.candidates), "recall": numbers(references),
                         "f1": places, "model": "m", "num_layers": 3 });
    (references.len(), cost, answer)
}

/// Best first, as the service has it.
fn rank(request: &RerankRequest) -> (usize, f64, Value) {
    let texts: Vec<_> = request.documents.iter().map(|document| document.text()).collect();
    let mut order: Vec<_> = (0..texts.len()).map(|at| (at, relevance(number(texts[at])))).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    let results: Vec<_> =
        order.iter().map(|(at, score)| json!({ "index": at, "relevance_score": score })).collect();
    let truncated: Vec<_> = (0..texts.len()).filter(|&at| texts[at].contains("cut")).collect();
    let cost: f64 = texts.iter().map(|text| tokens(&request.query) + tokens(text)).sum();
    let answer = json!({ "results": results, "model": request.model.as_deref().unwrap_or("m"),
                         "truncated": truncated, "usage": { "tokens": cost as u64 } });
    (texts.len(), cost, answer)
}

/// The score of the document with this number; some are equal.
pub(crate) fn relevance(number: f32) -> f32 {
    (number * 37.0) % 101.0 / 101.0
}

/// What the device makes of a text: not the bridge's estimate, but in proportion to it.
pub(crate) fn tokens(text: &str) -> f64 {
    (text.len() / 3 + 2) as f64
}

fn number(text: &str) -> f32 {
    text.split(' ').next().unwrap().parse().unwrap()
}

/// Texts that begin with their number and have so many letters.
pub(crate) fn numbered(count: usize, letters: usize) -> Vec<String> {
    (0..count).map(|index| format!("{index:<letters$}")).collect()
}
