//! The models that a host has just said it hasn't got.
//!
//! Every call would otherwise find that out again. A model may be put there at any time, so that the host is asked again
//! after a minute. What it hasn't got is known by the kind of work, for a model is loaded for a task.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::demand::Kind;

/// How long a refusal counts.
const BELIEVED: Duration = Duration::from_secs(60);
/// Refusals that are kept. Model names come from callers, so their number has no other bound.
const KINDS: usize = 64;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Missing(HashMap<Kind, Instant>);

impl Missing {
    /// The host hasn't got the model.
    pub(crate) fn refused(&mut self, kind: &Kind, now: Instant) {
        self.0.retain(|_, at| now.saturating_duration_since(*at) < BELIEVED);
        if self.0.len() >= KINDS && !self.0.contains_key(kind) {
            self.forget_oldest();
        }
        self.0.insert(kind.clone(), now);
    }

    /// The host has the model.
    pub(crate) fn served(&mut self, kind: &Kind) {
        self.0.remove(kind);
    }

    /// Whether it would say so again, as far as one can know.
    pub(crate) fn lacks(&self, kind: &Kind, now: Instant) -> bool {
        self.0.get(kind).is_some_and(|at| now.saturating_duration_since(*at) < BELIEVED)
    }

    fn forget_oldest(&mut self) {
        let oldest = self.0.iter().min_by_key(|(_, at)| **at).map(|(kind, _)| kind.clone());
        if let Some(kind) = oldest {
            self.0.remove(&kind);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(model: &str) -> Kind {
        Kind::new("/embed", Some(model))
    }

    #[test]
    fn a_refusal_counts_for_a_minute_or_until_the_model_is_served() {
        let (mut missing, now) = (Missing::default(), Instant::now());
        missing.refused(&kind("a"), now);
        assert!(missing.lacks(&kind("a"), now + Duration::from_secs(59)));
        assert!(!missing.lacks(&kind("a"), now + BELIEVED));
        assert!(!missing.lacks(&kind("b"), now));
        missing.served(&kind("a"));
        assert!(!missing.lacks(&kind("a"), now));
    }

    #[test]
    fn the_oldest_refusal_makes_room() {
        let (mut missing, mut now) = (Missing::default(), Instant::now());
        for index in 0..=KINDS {
            now += Duration::from_millis(1);
            missing.refused(&kind(&format!("m{index}")), now);
        }
        assert!(!missing.lacks(&kind("m0"), now) && missing.lacks(&kind("m1"), now));
        assert_eq!(missing.0.len(), KINDS);
    }
}
