//! What becomes of a call's scores once all are there: best first, the best so many, with their texts.
//!
//! The texts that go back are the caller's own; no host sends them.

use gpu_bridge_protocol::{Document, DocumentText, RankedDocument, RerankRequest};

use crate::error::Error;

/// See the module.
#[derive(Debug)]
pub(crate) struct Ranking {
    /// The best so many; absent: all.
    top_n: Option<usize>,
    /// The documents, where their texts are wanted.
    documents: Option<Vec<Document>>,
}

impl Ranking {
    /// Takes out of a request what hosts aren't asked for.
    ///
    /// # Errors
    /// When it asks for the best none.
    pub(crate) fn take(request: &mut RerankRequest) -> Result<Self, Error> {
        let top_n = request.top_n.take();
        if top_n == Some(0) {
            return Err(Error::input("`top_n` is 0; ask for at least 1, or leave it out for all documents."));
        }
        let wanted = request.return_documents.take() == Some(true);
        Ok(Self { top_n, documents: wanted.then(|| request.documents.clone()) })
    }

    /// Orders the documents of a whole call, which come in the order of the request; equals stay in it.
    pub(crate) fn apply(self, results: &mut Vec<RankedDocument>) {
        results.sort_by(|a, b| b.relevance_score.total_cmp(&a.relevance_score));
        results.truncate(self.top_n.unwrap_or(usize::MAX));
        let Some(documents) = self.documents else { return };
        for result in results {
            let text = documents[result.index].text().to_owned();
            result.document = Some(DocumentText { text });
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ranked(scores: &[f32], options: &serde_json::Value) -> Vec<(usize, Option<String>)> {
        let documents = (0..scores.len()).map(|index| Document::Bare(format!("d{index}"))).collect();
        let mut request = RerankRequest {
            documents,
            top_n: options["top_n"].as_u64().map(|count| count as usize),
            return_documents: options["return_documents"].as_bool(),
            ..RerankRequest::default()
        };
        let ranking = Ranking::take(&mut request).unwrap();
        assert_eq!((request.top_n, request.return_documents), (None, None));
        let place = |(index, &relevance_score)| RankedDocument { index, relevance_score, document: None };
        let mut results = scores.iter().enumerate().map(place).collect();
        ranking.apply(&mut results);
        results
            .into_iter()
            .map(|result| (result.index, result.document.map(|document| document.text)))
            .collect()
    }

    #[test]
    fn the_best_come_first_and_equals_keep_their_order() {
        let order = |scores: &[f32], options| {
            ranked(scores, &options).into_iter().map(|(index, _)| index).collect::<Vec<_>>()
        };
        assert_eq!(order(&[0.1, 0.9, 0.5, 0.9, 1.0], json!({})), [4, 1, 3, 2, 0]);
        assert_eq!(order(&[0.5, 0.5, 0.5], json!({ "top_n": 2 })), [0, 1]);
        assert_eq!(order(&[-0.5], json!({ "top_n": 9 })), [0]);
    }

    #[test]
    fn texts_are_the_callers_own() {
        let options = json!({ "top_n": 1, "return_documents": true });
        assert_eq!(ranked(&[0.1, 0.2], &options), [(1, Some("d1".to_owned()))]);
        assert_eq!(ranked(&[0.1], &json!({ "return_documents": false })), [(0, None)]);
    }
}
