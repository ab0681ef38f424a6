//! BERTScore: candidates against references.

use std::ops::Range;

use bytes::Bytes;
use gpu_bridge_protocol::{BertScoreRequest, BertScoreResponse, References};

use crate::batch::Batch;
use crate::bertscore_checks::{check_answer, check_request};
use crate::config::Config;
use crate::demand::{Kind, estimate};
use crate::dialect::Dialect;
use crate::error::Error;
use crate::gpu_bridge::GpuBridge;
use crate::host_protocol::Protocol;
use crate::identity::Identity;
use crate::transport::HostReply;
use crate::truncated;
use crate::work::{Work, to_json};

/// Pairs that the reference package, and so the service, matches at a time. What a pair scores depends on the padding
/// of its block, so that a slice has to begin where a block does.
const BLOCK: usize = 64;

/// A checked `/bertscore` request.
#[derive(Debug)]
pub(crate) struct BertScoreWork {
    request: BertScoreRequest,
    batch: Batch,
    kind: Kind,
}

impl BertScoreWork {
    /// Checks a request and fills in the configured model.
    pub(crate) fn new(mut request: BertScoreRequest, config: &Config) -> Result<Self, Error> {
        check_request(&request, &config.limits)?;
        request.model_type = request.model_type.or_else(|| config.models.bertscore.clone());
        let kind = match (&request.model_type, &request.lang) {
            (None, Some(language)) => Kind::of_language(Self::PATH, language),
            (model, _) => Kind::new(Self::PATH, model.as_deref()),
        };
        Ok(Self { batch: batch(&request), request, kind })
    }
}

/// With `idf` the call can't be cut: the frequencies are those of all its references.
fn batch(request: &BertScoreRequest) -> Batch {
    let sum = |texts: &[String]| texts.iter().map(|text| estimate(text)).sum::<u64>();
    let candidates = request.candidates.iter().map(|text| estimate(text));
    let batch = match &request.references {
        References::Single(texts) => {
            Batch::new(candidates.zip(texts).map(|(cost, text)| cost + estimate(text)))
        }
        References::Multiple(groups) => {
            Batch::new(candidates.zip(groups).map(|(cost, group)| cost + sum(group)))
                .with_entries(groups.iter().map(|group| group.len() as u64))
        }
    };
    if request.idf == Some(true) { batch.in_one() } else { batch.in_blocks(BLOCK) }
}

fn slice(references: &References, items: &Range<usize>) -> References {
    match references {
        References::Single(texts) => References::Single(texts[items.clone()].to_vec()),
        References::Multiple(groups) => References::Multiple(groups[items.clone()].to_vec()),
    }
}

impl Work for BertScoreWork {
    type Answer = BertScoreResponse;
    const PATH: &'static str = "/bertscore";
    const LIST: &'static str = "candidates";

    fn batch(&self) -> &Batch {
        &self.batch
    }

    fn native_only(&self) -> Option<&'static str> {
        Some("BERTScore")
    }

    fn dialect(&self, protocol: Protocol) -> Option<Box<dyn Dialect<BertScoreResponse> + '_>> {
        GpuBridge(self).alone(protocol)
    }

    fn kind(&self) -> &Kind {
        &self.kind
    }

    fn body(&self, items: &Range<usize>) -> Bytes {
        if items.len() == self.batch.len() {
            return to_json(&self.request);
        }
        to_json(&BertScoreRequest {
            candidates: self.request.candidates[items.clone()].to_vec(),
            references: slice(&self.request.references, items),
            lang: self.request.lang.clone(),
            model_type: self.request.model_type.clone(),
            ..self.request
        })
    }

    fn read(&self, items: &Range<usize>, reply: &HostReply) -> Result<BertScoreResponse, String> {
        let answer: BertScoreResponse =
            serde_json::from_slice(&reply.body).map_err(|error| error.to_string())?;
        check_answer(&self.request, items.len(), &answer)?;
        Ok(answer)
    }

    fn identity(answer: &BertScoreResponse, reply: &HostReply) -> Identity {
        Identity::of(reply, &answer.model, answer.num_layers.unwrap_or_default())
    }

    fn counted(_: &BertScoreResponse) -> Option<u64> {
        None
    }

    fn place(&self, whole: &mut Option<BertScoreResponse>, items: &Range<usize>, part: BertScoreResponse) {
        let all = self.batch.len();
        if items.len() == all {
            *whole = Some(part);
            return;
        }
        let whole = whole.get_or_insert_with(|| BertScoreResponse {
            precision: vec![0.0; all],
            recall: vec![0.0; all],
            f1: vec![0.0; all],
            model: part.model.clone(),
            num_layers: part.num_layers,
            truncated: vec![],
        });
        whole.precision[items.clone()].copy_from_slice(&part.precision);
        whole.recall[items.clone()].copy_from_slice(&part.recall);
        whole.f1[items.clone()].copy_from_slice(&part.f1);
        truncated::place(&mut whole.truncated, items.start, &part.truncated);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn work(references: &References, idf: bool) -> BertScoreWork {
        let candidates: Vec<_> = (0..references.len()).map(|index| format!("c{index}")).collect();
        let request = json!({ "candidates": candidates, "references": references, "idf": idf });
        let config = Config::from_json(json!({})).unwrap();
        BertScoreWork::new(serde_json::from_value(request).unwrap(), &config).unwrap()
    }

    fn ends(work: &BertScoreWork) -> Vec<usize> {
        let mut items = 0..work.batch.len();
        let mut ends = vec![];
        while !items.is_empty() {
            items.start = work.batch.cut(&items, 1.0, usize::MAX).unwrap();
            ends.push(items.start);
        }
        ends
    }

    #[test]
    fn slices_begin_where_a_block_of_64_pairs_does() {
        let single = work(&References::Single(vec!["r".to_owned(); 150]), false);
        assert_eq!(ends(&single), [64, 128, 150]);
        let groups = (0..100).map(|index| vec!["r".to_owned(); [1, 2, 3, 2][index % 4]]).collect();
        let several = work(&References::Multiple(groups), false);
        assert_eq!(ends(&several), [32, 64, 96, 100], "two pairs a candidate on average");
    }

    #[test]
    fn with_document_frequencies_a_call_stays_whole() {
        assert_eq!(ends(&work(&References::Single(vec!["r".to_owned(); 150]), true)), [150]);
    }

    #[test]
    fn a_slice_holds_its_own_pairs_and_every_option() {
        let several = work(&References::Single((0..150).map(|index| format!("r{index}")).collect()), false);
        let body: BertScoreRequest = serde_json::from_slice(&several.body(&(64..128))).unwrap();
        assert_eq!((body.candidates.len(), body.candidates[0].as_str()), (64, "c64"));
        assert!(
            matches!(body.references, References::Single(texts) if texts[0] == "r64" && texts.len() == 64)
        );
        assert_eq!(body.idf, Some(false));
    }
}
