//! Reranking: documents by their relevance to a query.
//!
//! A score is that of its pair alone, so that documents may be scored anywhere; which are best is known only when all
//! are. Hosts are therefore asked for every score and for no text, and [`Ranking`] does the rest here.

use std::ops::Range;

use bytes::Bytes;
use gpu_bridge_protocol::{Document, RankedDocument, RerankRequest, RerankResponse};

use crate::batch::Batch;
use crate::config::Config;
use crate::demand::{Kind, estimate};
use crate::dialect::Dialect;
use crate::error::Error;
use crate::gpu_bridge::GpuBridge;
use crate::host_protocol::Protocol;
use crate::identity::Identity;
use crate::input_limits::InputLimits;
use crate::ranking::Ranking;
use crate::transport::HostReply;
use crate::truncated;
use crate::work::{Work, to_json};

/// A checked `/rerank` request. Until it is finished its answer has all documents, in the order of the request.
#[derive(Debug)]
pub(crate) struct RerankWork {
    /// Without what the ranking does.
    request: RerankRequest,
    ranking: Ranking,
    batch: Batch,
    kind: Kind,
}

impl RerankWork {
    /// Checks a request, fills in the configured model, and sets apart what is done with the scores.
    pub(crate) fn new(mut request: RerankRequest, config: &Config) -> Result<Self, Error> {
        config.limits.check_text(|| "query".to_owned(), &request.query)?;
        check_documents(&config.limits, &request.documents)?;
        let ranking = Ranking::take(&mut request)?;
        request.model = request.model.or_else(|| config.models.rerank.clone());
        // The model reads the query once with each document.
        let query = estimate(&request.query);
        let batch = Batch::new(request.documents.iter().map(|document| query + estimate(document.text())));
        let kind = Kind::new(Self::PATH, request.model.as_deref());
        Ok(Self { request, ranking, batch, kind })
    }
}

fn check_documents(limits: &InputLimits, documents: &[Document]) -> Result<(), Error> {
    limits.check_count("documents", documents.len())?;
    let mut documents = documents.iter().enumerate();
    documents.try_for_each(|(index, document)| {
        limits.check_text(|| format!("documents[{index}]"), document.text())
    })
}

/// The answer in the order of the documents, each of which has to be there.
fn in_order(mut answer: RerankResponse, documents: usize) -> Result<RerankResponse, String> {
    let results = &mut answer.results;
    if results.len() != documents {
        return Err(format!("{} results came back for {documents} documents", results.len()));
    }
    results.sort_unstable_by_key(|result| result.index);
    if let Some(at) = results.iter().enumerate().position(|(at, result)| result.index != at) {
        return Err(format!("`results` doesn't name document {at} of {documents} once"));
    }
    if let Some(bad) = results.iter().find(|result| !result.relevance_score.is_finite()) {
        return Err(format!("document {} scores {}", bad.index, bad.relevance_score));
    }
    truncated::check("document", &answer.truncated, documents)?;
    Ok(answer)
}

impl Work for RerankWork {
    type Answer = RerankResponse;
    const PATH: &'static str = "/rerank";
    const LIST: &'static str = "documents";

    fn batch(&self) -> &Batch {
        &self.batch
    }

    fn native_only(&self) -> Option<&'static str> {
        Some("reranking")
    }

    fn dialect(&self, protocol: Protocol) -> Option<Box<dyn Dialect<RerankResponse> + '_>> {
        GpuBridge(self).alone(protocol)
    }

    fn kind(&self) -> &Kind {
        &self.kind
    }

    fn body(&self, items: &Range<usize>) -> Bytes {
        if items.len() == self.batch.len() {
            return to_json(&self.request);
        }
        let RerankRequest { query, documents, model, .. } = &self.request;
        let documents = documents[items.clone()].to_vec();
        let (query, model) = (query.clone(), model.clone());
        to_json(&RerankRequest { query, documents, model, ..self.request })
    }

    fn read(&self, items: &Range<usize>, reply: &HostReply) -> Result<RerankResponse, String> {
        let answer = serde_json::from_slice(&reply.body).map_err(|error| error.to_string())?;
        in_order(answer, items.len())
    }

    fn identity(answer: &RerankResponse, reply: &HostReply) -> Identity {
        Identity::of(reply, &answer.model, 1)
    }

    fn counted(answer: &RerankResponse) -> Option<u64> {
        (answer.usage.tokens > 0).then_some(answer.usage.tokens)
    }

    fn finish(self, mut answer: RerankResponse) -> RerankResponse {
        self.ranking.apply(&mut answer.results);
        answer
    }

    fn place(&self, whole: &mut Option<RerankResponse>, items: &Range<usize>, part: RerankResponse) {
        let unscored = |index| RankedDocument { index, relevance_score: 0.0, document: None };
        let whole = whole.get_or_insert_with(|| RerankResponse {
            results: (0..self.batch.len()).map(unscored).collect(),
            model: part.model.clone(),
            ..RerankResponse::default()
        });
        for (place, result) in whole.results[items.clone()].iter_mut().zip(&part.results) {
            place.relevance_score = result.relevance_score;
        }
        truncated::place(&mut whole.truncated, items.start, &part.truncated);
        whole.usage.tokens += part.usage.tokens;
    }
}

#[cfg(test)]
mod tests {
    use gpu_bridge_protocol::Usage;
    use http::HeaderMap;
    use serde_json::{Value, json};

    use super::*;

    fn work(documents: usize) -> RerankWork {
        let texts: Vec<_> = (0..documents).map(|index| format!("d{index}")).collect();
        let request = json!({ "query": "q", "documents": texts, "top_n": 1, "return_documents": true,
                              "raw_scores": true });
        let config = Config::from_json(json!({ "models": { "rerank": "m" } })).unwrap();
        RerankWork::new(serde_json::from_value(request).unwrap(), &config).unwrap()
    }

    fn read(documents: usize, results: &Value) -> Result<RerankResponse, String> {
        let body = json!({ "results": results, "model": "m", "truncated": [1] }).to_string().into();
        work(documents).read(&(0..documents), &HostReply { status: 200, headers: HeaderMap::new(), body })
    }

    #[test]
    fn hosts_are_asked_for_every_score_and_no_text() {
        let work = work(5);
        for (items, first) in [(0..5, "d0"), (3..5, "d3")] {
            let body: Value = serde_json::from_slice(&work.body(&items)).unwrap();
            assert_eq!(body["documents"].as_array().unwrap().len(), items.len());
            assert_eq!(
                (&body["documents"][0], &body["query"], &body["model"]),
                (&json!(first), &json!("q"), &json!("m"))
            );
            assert_eq!((body.get("top_n"), body.get("return_documents")), (None, None));
            assert_eq!(body["raw_scores"], true);
        }
    }

    #[test]
    fn an_answer_names_every_document_once_with_a_number() {
        let result = |index: usize, score: f64| json!({ "index": index, "relevance_score": score });
        let good = read(2, &json!([result(1, 0.9), result(0, 0.1)])).unwrap();
        assert_eq!(good.results.iter().map(|result| result.relevance_score).collect::<Vec<_>>(), [0.1, 0.9]);
        for (results, words) in [
            (json!([result(0, 0.1)]), "1 results came back for 2 documents"),
            (json!([result(0, 0.1), result(0, 0.2)]), "doesn't name document 1"),
            (json!([result(0, 0.1), result(2, 0.2)]), "doesn't name document 1"),
            (json!([result(0, 0.1), result(1, 1e39)]), "document 1 scores inf"),
            (json!([{ "index": 0, "relevance_score": null }]), "null"),
        ] {
            let error = read(2, &results).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        assert!(read(1, &json!([result(0, 0.1)])).unwrap_err().contains("`truncated` names document 1 of 1"));
    }

    #[test]
    fn slices_land_in_order_whatever_comes_first() {
        let part = |scores: &[f32], truncated: &[usize], tokens| RerankResponse {
            results: scores
                .iter()
                .enumerate()
                .map(|(index, &relevance_score)| RankedDocument { index, relevance_score, document: None })
                .collect(),
            model: "m".to_owned(),
            truncated: truncated.to_vec(),
            usage: Usage { tokens },
        };
        let (work, mut whole) = (work(5), None);
        work.place(&mut whole, &(3..5), part(&[3.0, 4.0], &[1], 7));
        work.place(&mut whole, &(0..3), part(&[0.0, 1.0, 2.0], &[0, 2], 9));
        assert_eq!(whole.unwrap(), part(&[0.0, 1.0, 2.0, 3.0, 4.0], &[0, 2, 4], 16));
    }
}
