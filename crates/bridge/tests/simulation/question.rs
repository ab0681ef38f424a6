//! What a host reads from a request of the simulation, whose texts say which call and which item they are.

use std::ops::Range;

use gpu_bridge_core::HostRequest;
use gpu_bridge_core::protocol::{BertScoreRequest, EmbedRequest, References, RerankRequest};

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) path: String,
    pub(crate) call: Option<usize>,
    pub(crate) items: Range<usize>,
    /// As the host counts them.
    pub(crate) tokens: u64,
}

/// The text of an item: its number and its call's, and so many letters.
pub(crate) fn text(item: usize, call: usize, letters: usize) -> String {
    format!("{:<letters$}", format!("{item} {call}"))
}

/// What the device makes of a text: not the bridge's estimate, but in proportion to it.
pub(crate) fn tokens(text: &str) -> u64 {
    (text.len() / 3 + 2) as u64
}

/// Whether a host says of an item that it was cut short.
pub(crate) fn is_truncated(item: usize) -> bool {
    item % 13 == 5
}

/// The score of a document; some are equal.
pub(crate) fn relevance(item: usize) -> f32 {
    (item * 37 % 101) as f32 / 101.0
}

impl Question {
    pub(crate) fn read(request: &HostRequest) -> Self {
        let (path, body) = (request.url.path().to_owned(), &request.body[..]);
        match path.as_str() {
            "/embed" => Self::of(path, &serde_json::from_slice::<EmbedRequest>(body).unwrap().texts),
            "/bertscore" => {
                let request: BertScoreRequest = serde_json::from_slice(body).unwrap();
                let References::Single(references) = &request.references else { panic!("one each") };
                assert_eq!(&request.candidates, references, "pairs were torn apart");
                Self::of(path, references)
            }
            "/rerank" => {
                let request: RerankRequest = serde_json::from_slice(body).unwrap();
                let texts: Vec<_> =
                    request.documents.iter().map(|document| document.text().to_owned()).collect();
                Self::of(path, &texts)
            }
            _ => Self { path, call: None, items: 0..0, tokens: 0 },
        }
    }

    fn of(path: String, texts: &[String]) -> Self {
        let numbers = |text: &String| -> Vec<usize> {
            text.split_whitespace().map(|number| number.parse().unwrap()).collect()
        };
        let (first, last) = (numbers(&texts[0]), numbers(&texts[texts.len() - 1]));
        let items = first[0]..last[0] + 1;
        assert_eq!(items.len(), texts.len(), "a slice is no range of its call");
        let tokens = texts.iter().map(|text| tokens(text)).sum();
        Self { path, call: Some(first[1]), items, tokens }
    }

    /// The same for one item fewer.
    pub(crate) fn miscounted(&self) -> Self {
        Self { items: self.items.start..self.items.end - 1, ..self.clone() }
    }
}
