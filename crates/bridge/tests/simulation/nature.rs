//! What a host is, whatever its mood: its speed, its model, what it takes, how it reports its load, how its clock goes.

use std::ops::Range;
use std::time::{Duration, SystemTime};

use gpu_bridge_core::HostReply;
use http::HeaderValue;
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::exchange::Fate;
use crate::mood::{Reaction, refusal, reply};
use crate::question::{Question, is_truncated, relevance};

/// What a host may say of its load: the truth, nothing, or anything at all.
const REPORTS: [&str; 6] = [
    "",
    r#"JSON {"application_utilization":0.5,"mem_utilization":0.5,"named_metrics":{"queue_tokens":100,"in_flight":1,"tokens_per_second":9000}}"#,
    r#"JSON {"application_utilization":NaN,"mem_utilization":null,"named_metrics":{}}"#,
    r#"JSON {"application_utilization":-1e9,"mem_utilization":-7,"named_metrics":{"queue_tokens":-1e300,"in_flight":-1,"tokens_per_second":-5}}"#,
    r#"JSON {"application_utilization":1e300,"mem_utilization":1e300,"named_metrics":{"queue_tokens":1e308,"in_flight":1e300,"tokens_per_second":1e308}}"#,
    r#"JSON {"application_utilization":0,"mem_utilization":0,"named_metrics":{"queue_tokens":1e-300,"in_flight":0,"tokens_per_second":1e-300}}"#,
];

/// See the module.
pub(crate) struct Nature {
    /// Tokens a second, any number of requests at a time.
    pub(crate) speed: f64,
    pub(crate) latency: Duration,
    /// Which of several models it has; 0 is a host of 0.2, which doesn't say.
    pub(crate) model: usize,
    /// Items a request.
    pub(crate) most: usize,
    says_limits: bool,
    report: &'static str,
    /// Its clock, and whether it tells how late it is there.
    clock: (SystemTime, bool),
}

impl Nature {
    pub(crate) fn random(rng: &mut StdRng, latency: u64, now: SystemTime) -> Self {
        let off = Duration::from_secs([0, 0, 30, 7_200][rng.random_range(0..4)]);
        let clock = if rng.random_bool(0.5) { now + off } else { now - off };
        Self {
            speed: rng.random_range(2e3..4e4),
            latency: Duration::from_millis(rng.random_range(1..latency)),
            model: [1, 1, 1, 1, 1, 1, 2, 0][rng.random_range(0..8)],
            most: if rng.random_bool(0.2) { rng.random_range(1..200) } else { 10_000 },
            says_limits: rng.random_bool(0.5),
            report: REPORTS[rng.random_range(0..REPORTS.len())],
            clock: (clock, rng.random_bool(0.5)),
        }
    }

    /// How long it works on so many tokens.
    pub(crate) fn takes(&self, tokens: u64) -> Duration {
        self.latency + Duration::from_secs_f64(tokens as f64 / self.speed)
    }

    /// What it does when it is well.
    pub(crate) fn sound(&self, question: &Question) -> Reaction {
        let (mut answer, fate) = match question.path.as_str() {
            "/health" => (reply(200, &json!({ "status": "ok", "device": "cpu" })), Fate::Good),
            "/info" => (reply(200, &self.info()), Fate::Good),
            _ if question.items.len() > self.most => (refusal(413, "batch_too_large"), Fate::TooLarge),
            _ => (reply(200, &self.answer(question)), Fate::Good),
        };
        if self.model > 0 {
            answer.headers.insert("x-model-fingerprint", self.model.into());
        }
        answer.headers.insert("endpoint-load-metrics", HeaderValue::from_static(self.report));
        Reaction { after: self.takes(question.tokens), answer: Ok(answer), fate }
    }

    fn info(&self) -> Value {
        let mut info = json!({ "device": "cpu", "device_name": "CPU", "pytorch_version": "2.11.0",
                               "cuda_version": null, "loaded_models": ["embed:m"] });
        if self.says_limits && self.model > 0 {
            info["limits"] =
                json!({ "max_batch_size": self.most, "max_text_length": 10_000, "max_concurrent": 8 });
        }
        info
    }

    /// Numbers that tell which item they are of, and of which model.
    fn answer(&self, question: &Question) -> Value {
        let items = question.items.clone();
        let truncated: Vec<_> = (0..items.len()).filter(|at| is_truncated(items.start + at)).collect();
        let mut answer = match question.path.as_str() {
            "/embed" => self.embed(items),
            "/bertscore" => self.score(items),
            _ => rank(items),
        };
        if self.model > 0 {
            answer["truncated"] = json!(truncated);
            answer["usage"] = json!({ "tokens": question.tokens });
        }
        answer
    }

    fn embed(&self, items: Range<usize>) -> Value {
        let vectors: Vec<_> = items.map(|item| [item, self.model]).collect();
        json!({ "embeddings": vectors, "model": "m", "dimensions": 2 })
    }

    fn score(&self, items: Range<usize>) -> Value {
        let (models, places) = (vec![self.model; items.len()], (0..items.len()).collect::<Vec<_>>());
        json!({ "precision": items.collect::<Vec<_>>(), "recall": models, "f1": places, "model": "m",
                "num_layers": 3 })
    }

    /// 429, to be tried again in four seconds by its clock.
    pub(crate) fn throttled(&self, at: Duration) -> (HostReply, Fate) {
        let now = self.clock.0 + at;
        let mut reply = refusal(429, "overloaded");
        let date = |time| httpdate::fmt_http_date(time).parse::<HeaderValue>().unwrap();
        if self.clock.1 {
            reply.headers.insert("date", date(now));
        }
        reply.headers.insert("retry-after", date(now + Duration::from_secs(4)));
        (reply, Fate::Paused(Duration::from_secs(4)))
    }
}

/// Best first, as the service has it.
fn rank(items: Range<usize>) -> Value {
    let mut scores: Vec<_> = items.clone().map(|item| (item - items.start, relevance(item))).collect();
    scores.sort_by(|a, b| b.1.total_cmp(&a.1));
    let results: Vec<_> =
        scores.iter().map(|(index, score)| json!({ "index": index, "relevance_score": score })).collect();
    json!({ "results": results, "model": "m" })
}
