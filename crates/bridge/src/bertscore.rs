//! BERTScore: candidates against references.

use bytes::Bytes;
use gpu_bridge_protocol::{BertScoreRequest, BertScoreResponse, References};

use crate::config::{Config, InputLimits};
use crate::demand::{Demand, Kind, estimate};
use crate::error::Error;
use crate::transport::HostReply;
use crate::work::{Work, to_json};

/// A checked `/bertscore` request.
#[derive(Debug)]
pub(crate) struct BertScoreWork {
    body: Bytes,
    demand: Demand,
    pairs: usize,
    /// A field that a service of 0.2 ignores, if the caller uses one.
    newer: Option<&'static str>,
}

impl BertScoreWork {
    /// Checks a request and fills in the configured model.
    pub(crate) fn new(mut request: BertScoreRequest, config: &Config) -> Result<Self, Error> {
        let (pairs, references) = (request.candidates.len(), request.references.len());
        config.limits.check_count("candidates", pairs)?;
        if pairs != references {
            return Err(Error::input(format!(
                "`candidates` has {pairs} entries and `references` {references}; give one reference, or one \
                 list of references, for each candidate."
            )));
        }
        config.limits.check_texts("candidates", &request.candidates)?;
        check_references(&config.limits, &request.references)?;
        request.model_type = request.model_type.or_else(|| config.models.bertscore.clone());
        let newer = [
            ("num_layers", request.num_layers.is_some()),
            ("idf", request.idf == Some(true)),
            ("rescale_with_baseline", request.rescale_with_baseline == Some(true)),
        ];
        let newer = newer.into_iter().find(|(_, used)| *used).map(|(field, _)| field);
        let model = request.model_type.as_deref().or(request.lang.as_deref());
        let demand = Demand { kind: Kind::new(Self::PATH, model), tokens: tokens(&request) as f64 };
        Ok(Self { body: to_json(&request)?, demand, pairs, newer })
    }

    fn check(&self, name: &str, scores: &[f32]) -> Result<(), String> {
        if scores.len() != self.pairs {
            return Err(format!("`{name}` has {} scores for {} pairs", scores.len(), self.pairs));
        }
        match scores.iter().position(|score| !score.is_finite()) {
            Some(at) => Err(format!("`{name}[{at}]` is {}", scores[at])),
            None => Ok(()),
        }
    }
}

fn tokens(request: &BertScoreRequest) -> u64 {
    let sum = |texts: &[String]| texts.iter().map(|text| estimate(text)).sum::<u64>();
    let references = match &request.references {
        References::Single(texts) => sum(texts),
        References::Multiple(groups) => groups.iter().map(|group| sum(group)).sum(),
    };
    sum(&request.candidates) + references
}

fn check_references(limits: &InputLimits, references: &References) -> Result<(), Error> {
    let groups = match references {
        References::Single(texts) => return limits.check_texts("references", texts),
        References::Multiple(groups) => groups,
    };
    groups.iter().enumerate().try_for_each(|(index, group)| {
        let name = format!("references[{index}]");
        if group.is_empty() {
            return Err(Error::input(format!("`{name}` is empty; give at least one reference.")));
        }
        limits.check_texts(&name, group)
    })
}

impl Work for BertScoreWork {
    type Answer = BertScoreResponse;
    const PATH: &'static str = "/bertscore";

    fn body(&self) -> Bytes {
        self.body.clone()
    }

    fn demand(&self) -> &Demand {
        &self.demand
    }

    fn counted(_: &BertScoreResponse) -> Option<u64> {
        None
    }

    fn read(&self, reply: &HostReply) -> Result<BertScoreResponse, String> {
        let answer: BertScoreResponse =
            serde_json::from_slice(&reply.body).map_err(|error| error.to_string())?;
        // Services of 0.2 don't say which layer they scored on.
        if let Some(field) = self.newer.filter(|_| answer.num_layers.is_none()) {
            return Err(format!("the host is of version 0.2 and ignores `{field}`"));
        }
        self.check("precision", &answer.precision)?;
        self.check("recall", &answer.recall)?;
        self.check("f1", &answer.f1)?;
        Ok(answer)
    }
}
