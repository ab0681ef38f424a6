//! The load report that rides on every answer.
//!
//! The format is ORCA's JSON (Envoy's `endpoint-load-metrics`), so that other balancers can read it too.

use serde::{Deserialize, Serialize};

/// A host's load when it answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct HostLoad {
    /// Share of the places in the queue that are taken, 0 to 1.
    pub application_utilization: f64,
    /// Share of the device's memory in use, 0 to 1.
    pub mem_utilization: f64,
    /// What ORCA has no field for.
    pub named_metrics: NamedMetrics,
}

/// See [`HostLoad::named_metrics`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct NamedMetrics {
    /// Tokens that wait for the device.
    pub queue_tokens: f64,
    /// Requests taken.
    pub in_flight: f64,
    /// Measured over the last batches; 0 before the first.
    pub tokens_per_second: f64,
}

impl HostLoad {
    /// The header's value.
    pub fn to_header(&self) -> String {
        let json = serde_json::to_string(self).unwrap_or_default();
        format!("JSON {json}")
    }

    /// Reads the header's value. Anything else than a JSON report of what can be is `None`: load is a hint, never an error.
    pub fn from_header(value: &str) -> Option<Self> {
        let load: Self = serde_json::from_str(value.strip_prefix("JSON ")?).ok()?;
        let NamedMetrics { queue_tokens, in_flight, tokens_per_second } = load.named_metrics;
        let counts = [load.application_utilization, queue_tokens, in_flight, tokens_per_second];
        let can_be = (0.0..=1.0).contains(&load.mem_utilization) && counts.iter().all(|&count| count >= 0.0);
        can_be.then_some(load)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_survives_the_header() {
        let named_metrics = NamedMetrics { queue_tokens: 120.0, in_flight: 3.0, tokens_per_second: 9e4 };
        let load = HostLoad { application_utilization: 0.5, mem_utilization: 0.25, named_metrics };
        assert_eq!(HostLoad::from_header(&load.to_header()), Some(load));
    }

    #[test]
    fn what_is_no_report_is_ignored() {
        assert_eq!(HostLoad::from_header("TEXT cpu=0.3"), None);
        assert_eq!(HostLoad::from_header("JSON {"), None);
    }

    #[test]
    fn what_cannot_be_is_ignored() {
        let named = |queue_tokens| NamedMetrics { queue_tokens, ..NamedMetrics::default() };
        for (mem_utilization, queue_tokens, can_be) in
            [(0.0, 0.0, true), (1.0, 1e308, true), (1.5, 0.0, false), (-0.1, 0.0, false), (0.5, -1.0, false)]
        {
            let load =
                HostLoad { mem_utilization, named_metrics: named(queue_tokens), ..HostLoad::default() };
            assert_eq!(HostLoad::from_header(&load.to_header()).is_some(), can_be, "{load:?}");
        }
    }
}
