//! What a request will cost a host, before it is sent.
//!
//! The unit is the estimated token: a figure made from a text's length alone, so that it means the same on every
//! host, also on those of 0.2 that count nothing. What a host itself counts (`usage`, its queue) is turned into this
//! unit by the rate between the two that its answers show, by model: see [`Gauge`](crate::gauge::Gauge).

use std::sync::Arc;

/// Bytes of UTF-8 for each estimated token. English has about four letters a token; scripts of two or three bytes a
/// letter have about as many tokens as that makes.
const BYTES_A_TOKEN: usize = 4;
/// Every text has a token before it and one behind it.
const SPECIAL: usize = 2;

/// The same work on the same model. Hosts are gauged by it, for a large model is slower than a small one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Kind {
    route: &'static str,
    /// What tells it from others of the route.
    model: Arc<str>,
}

impl Kind {
    /// Without a model it is the host's default that is meant.
    pub(crate) fn new(route: &'static str, model: Option<&str>) -> Self {
        Self { route, model: model.unwrap_or_default().into() }
    }

    /// The host's model for a language, whatever it is called.
    pub(crate) fn of_language(route: &'static str, language: &str) -> Self {
        Self { route, model: format!("language {language}").into() }
    }

    /// The route.
    pub(crate) fn route(&self) -> &'static str {
        self.route
    }

    /// `TASK:NAME`, as `/info` lists models in memory; `None` where no model is named.
    pub(crate) fn label(&self) -> Option<String> {
        let named = !self.model.is_empty() && !self.model.contains(' ');
        named.then(|| format!("{}:{}", self.route.trim_start_matches('/'), self.model))
    }
}

/// What a request asks of a host.
#[derive(Debug, Clone)]
pub(crate) struct Demand {
    pub(crate) kind: Kind,
    /// Estimated tokens.
    pub(crate) tokens: f64,
}

/// The estimated tokens of one text.
pub(crate) fn estimate(text: &str) -> u64 {
    (SPECIAL + text.len().div_ceil(BYTES_A_TOKEN)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_text_costs_more_and_an_empty_one_something() {
        assert_eq!([estimate(""), estimate("word"), estimate("words"), estimate("日本")], [2, 3, 4, 4]);
    }

    #[test]
    fn kinds_differ_by_route_and_model() {
        let kind = Kind::new("/embed", Some("m"));
        assert_eq!(kind, Kind::new("/embed", Some("m")));
        assert_ne!(kind, Kind::new("/embed", None));
        assert_ne!(kind, Kind::new("/bertscore", Some("m")));
        assert_eq!(kind.label().as_deref(), Some("embed:m"));
        let unnamed = [Kind::new("/embed", None), Kind::of_language("/bertscore", "en")];
        assert!(unnamed.iter().all(|kind| kind.label().is_none()));
    }
}
