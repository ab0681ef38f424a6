//! What `metrics()` tells of hosts: their counts, and how they are. A host's label is its name, never its address.

use std::fmt;

use gpu_bridge_metrics::{Families, Labels, Tally};

use crate::breaker_state::BreakerState;
use crate::host_health::HostHealth;
use crate::host_tally::HostTally;
use crate::snapshot::HostSnapshot;

/// A host: how it is, and what it has done.
#[derive(Debug)]
pub(crate) struct HostFigures {
    pub(crate) now: HostSnapshot,
    pub(crate) so_far: HostTally,
}

impl HostFigures {
    fn with<'a>(&'a self, label: &'static str, word: &'a str) -> Labels<'a, 2> {
        [("host", &self.now.name), (label, word)]
    }
}

/// Tells all of it.
///
/// # Errors
/// Never: the text is a string.
pub(crate) fn tell(hosts: &[HostFigures], families: &mut Families<'_>) -> fmt::Result {
    let mut told = Told { hosts, families };
    told.requests()?;
    told.health()?;
    told.load()
}

struct Told<'a, 'f, 'e> {
    hosts: &'a [HostFigures],
    families: &'f mut Families<'e>,
}

type Words = Tally<&'static str>;
type Pairs = Tally<(&'static str, &'static str)>;

impl<'a> Told<'a, '_, '_> {
    fn requests(&mut self) -> fmt::Result {
        let help = "Requests that ended, by what came of them; given_up where the call went away.";
        self.pairs("gpu_bridge_host_requests", help, "outcome", |tally| &tally.requests)?;
        let help = "The same requests, by why they were sent: first, slice, retry or hedge.";
        self.pairs("gpu_bridge_host_attempts", help, "reason", |tally| &tally.attempts)?;
        let help = "Copies of other hosts' late requests that were served first.";
        self.words("gpu_bridge_host_hedges_won", help, "route", |tally| &tally.hedges_won)?;
        let help = "What went wrong with requests, by code.";
        self.words("gpu_bridge_host_faults", help, "code", |tally| &tally.faults)?;
        let help = "Tokens of what was served: the host's own where it counts them, else estimated.";
        self.words("gpu_bridge_host_tokens", help, "route", |tally| &tally.tokens)?;
        let help = "How long requests took that were served.";
        let durations = self.hosts.iter().flat_map(|host| {
            host.so_far.durations.iter().map(|(route, seen)| (host.with("route", route), seen))
        });
        self.families.histogram(("gpu_bridge_host_request_duration_seconds", help), durations)
    }

    fn health(&mut self) -> fmt::Result {
        let help = "Health checks, by what the host said; failed where it said nothing of use.";
        self.words("gpu_bridge_host_health_checks", help, "result", |tally| &tally.checks)?;
        let help = "How often a host came in or went out, by how it stood then: in, out, locked or draining.";
        self.words("gpu_bridge_host_turns", help, "standing", |tally| &tally.turns)?;
        let healths = HostHealth::ALL.map(|health| (health.as_str(), health));
        self.states("gpu_bridge_host_health", "health", healths, |host| host.health)?;
        let breakers = BreakerState::ALL.map(|state| (state.as_str(), state));
        self.states("gpu_bridge_host_breaker", "state", breakers, |host| host.breaker)?;
        let help = "How long the host is yet to be left alone, as it asked; 0 where it may be asked.";
        self.figure("gpu_bridge_host_parked_seconds", help, |host| Some(host.parked_seconds.unwrap_or(0.0)))
    }

    fn load(&mut self) -> fmt::Result {
        let help = "Requests of this bridge that the host has not answered.";
        self.figure("gpu_bridge_host_in_flight", help, |host| Some(host.in_flight as f64))?;
        let help = "Requests the host had on hand when it last said so, those of other callers included.";
        self.figure("gpu_bridge_host_queue_requests", help, |host| host.queue_in_flight)?;
        let help = "Tokens that waited for the host's device when it last said so.";
        self.figure("gpu_bridge_host_queue_tokens", help, |host| host.queue_tokens)?;
        let help = "The host's throughput when it last said so.";
        self.figure("gpu_bridge_host_tokens_per_second", help, |host| host.tokens_per_second)?;
        let help = "The part of its device's memory in use when the host last said so.";
        self.figure("gpu_bridge_host_memory_utilization_ratio", help, |host| host.memory_utilization)?;
        let help = "The host's share of the calls, against the other hosts' weights.";
        self.figure("gpu_bridge_host_weight", help, |host| Some(host.weight))
    }

    fn pairs(
        &mut self,
        name: &str,
        help: &str,
        label: &'static str,
        of: impl Fn(&'a HostTally) -> &'a Pairs,
    ) -> fmt::Result {
        let labelled = |host: &'a HostFigures| {
            let labels =
                move |route, word| [("host", host.now.name.as_str()), ("route", route), (label, word)];
            of(&host.so_far).iter().map(move |((route, word), count)| (labels(route, word), count))
        };
        self.families.counter((name, help), self.hosts.iter().flat_map(labelled))
    }

    fn words(
        &mut self,
        name: &str,
        help: &str,
        label: &'static str,
        of: impl Fn(&'a HostTally) -> &'a Words,
    ) -> fmt::Result {
        let labelled = |host: &'a HostFigures| {
            of(&host.so_far).iter().map(move |(word, count)| (host.with(label, word), count))
        };
        self.families.counter((name, help), self.hosts.iter().flat_map(labelled))
    }

    fn states<S: Copy + PartialEq, const N: usize>(
        &mut self,
        name: &str,
        label: &'static str,
        all: [(&'static str, S); N],
        of: impl Fn(&HostSnapshot) -> S,
    ) -> fmt::Result {
        let samples = self.hosts.iter().flat_map(|host| {
            let is = of(&host.now);
            all.map(|(word, state)| (host.with(label, word), f64::from(u8::from(is == state))))
        });
        self.families.gauge((name, "1 for how it is, 0 for how it is not."), samples)
    }

    fn figure(&mut self, name: &str, help: &str, of: impl Fn(&HostSnapshot) -> Option<f64>) -> fmt::Result {
        let known = |host: &'a HostFigures| Some(([("host", host.now.name.as_str())], of(&host.now)?));
        self.families.gauge((name, help), self.hosts.iter().filter_map(known))
    }
}
