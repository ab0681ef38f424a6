//! The models that a host has in memory: what it says in `/info`, and what it has served since.
//!
//! A host says so when it is met, and loads and drops models later on without a word. So that a model isn't in its list
//! is believed for a few minutes only; then nothing is known, until it serves that model.

use std::time::Duration;

use tokio::time::Instant;

use crate::demand::Kind;

/// How long a list is believed to be complete.
const BELIEVED: Duration = Duration::from_secs(300);
/// Models that are kept. Their names come from callers, so their number has no other bound.
const MOST: usize = 64;

/// Whether a host has a model in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// As far as one can know.
    Loaded,
    /// It would have to load it.
    Absent,
    /// Nobody can tell, or no model is named.
    Unknown,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// `TASK:NAME`, without the name's owner.
    labels: Vec<String>,
    said: Option<Instant>,
}

impl Loaded {
    /// Takes in what `/info` says.
    pub(crate) fn on_info(&mut self, models: &[String], now: Instant) {
        *self =
            Self { labels: models.iter().take(MOST).map(|label| short(label)).collect(), said: Some(now) };
    }

    /// The host has served it.
    pub(crate) fn served(&mut self, kind: &Kind) {
        let Some(label) = kind.label() else { return };
        let label = short(&label);
        if self.labels.len() < MOST && !self.labels.contains(&label) {
            self.labels.push(label);
        }
    }

    /// What is known to be there: `TASK:NAME`, names without their owners.
    pub(crate) fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Whether the model is there.
    pub(crate) fn has(&self, kind: &Kind, now: Instant) -> Presence {
        let believed = |at: Instant| now.saturating_duration_since(at) < BELIEVED;
        match kind.label() {
            Some(label) if self.labels.contains(&short(&label)) => Presence::Loaded,
            Some(_) if self.said.is_some_and(believed) => Presence::Absent,
            _ => Presence::Unknown,
        }
    }
}

/// The same model may be named with its owner and without.
fn short(label: &str) -> String {
    let (task, name) = label.split_once(':').unwrap_or(("", label));
    format!("{task}:{}", name.rsplit('/').next().unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_the_host_says_and_has_served() {
        let (mut loaded, now) = (Loaded::default(), Instant::now());
        let [a, b] = ["a", "b"].map(|model| Kind::new("/embed", Some(model)));
        assert_eq!(loaded.has(&a, now), Presence::Unknown, "it wasn't asked");
        loaded.on_info(&["embed:org/a".to_owned()], now);
        assert_eq!((loaded.has(&a, now), loaded.has(&b, now)), (Presence::Loaded, Presence::Absent));
        assert_eq!(loaded.has(&Kind::new("/rerank", Some("a")), now), Presence::Absent, "for another task");
        assert_eq!(loaded.has(&Kind::new("/embed", None), now), Presence::Unknown);
        assert_eq!(loaded.has(&b, now + BELIEVED), Presence::Unknown, "the list is old");
        loaded.served(&b);
        assert_eq!(loaded.has(&b, now), Presence::Loaded);
    }
}
