//! The name server of a simulated fleet: it names the hosts that are meant to get work, when it can.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use gpu_bridge_core::{Lookup, Resolution, ResolveError, Resolver, Target};
use rand::RngExt;
use rand::rngs::StdRng;
use tokio::time::sleep;

use crate::network::{Host, Network};
use crate::roll::Word;

/// How long it is as it is.
const EACH: Duration = Duration::from_secs(3);
/// How often it changes; then all is well with it.
const CHANGES: usize = 20;

/// What may befall a name server for a while.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Weather {
    Clear,
    Failing,
    /// A part of the answer can't be had.
    Partial,
    Slow,
}

const WEATHERS: [Weather; 6] =
    [Weather::Clear, Weather::Clear, Weather::Clear, Weather::Failing, Weather::Partial, Weather::Slow];

/// See the module. A function of time, as everything that befalls the fleet.
#[derive(Debug)]
pub(crate) struct Dns {
    weather: Vec<Weather>,
    takes: Duration,
    ttl: Duration,
    /// When nobody is named.
    pub(crate) blackout: Range<Duration>,
}

impl Dns {
    pub(crate) fn random(rng: &mut StdRng) -> Self {
        let bad = rng.random_bool(0.4);
        let weather = |rng: &mut StdRng| WEATHERS[rng.random_range(0..if bad { WEATHERS.len() } else { 1 })];
        let weather = (0..CHANGES).map(|_| weather(rng)).collect();
        let from = Duration::from_millis(rng.random_range(0..40_000));
        let lasts = Duration::from_millis(rng.random_range(1_000..90_000));
        Self {
            weather,
            takes: Duration::from_millis(rng.random_range(0..200)),
            ttl: Duration::from_secs(rng.random_range(0..7)),
            blackout: if rng.random_bool(0.2) { from..from + lasts } else { Duration::ZERO..Duration::ZERO },
        }
    }

    fn weather(&self, at: Duration) -> Weather {
        let phase = (at.as_nanos() / EACH.as_nanos()) as usize;
        self.weather.get(phase).copied().unwrap_or(Weather::Clear)
    }

    /// How long an answer takes.
    fn takes(&self, at: Duration) -> Duration {
        self.takes + if self.weather(at) == Weather::Slow { EACH } else { Duration::ZERO }
    }

    /// Who is there, as far as can be said.
    fn say(&self, hosts: &[Host], at: Duration) -> Word {
        let is_named = |host: &Host| host.listed.is_some() && !host.script.at(at).is_away();
        let mut named: BTreeSet<_> = (0..hosts.len()).filter(|&host| is_named(&hosts[host])).collect();
        match self.weather(at) {
            Weather::Failing => return Word::Failure,
            _ if named.is_empty() || self.blackout.contains(&at) => return Word::Nobody,
            Weather::Partial => named.retain(|host| host % 2 == 0),
            Weather::Clear | Weather::Slow => return Word::All(named),
        }
        if named.is_empty() { Word::Failure } else { Word::Some(named) }
    }

    fn answer(&self, word: &Word, hosts: &[Host], at: Duration) -> Result<Resolution, ResolveError> {
        let (named, complete) = match word {
            Word::All(named) => (named, true),
            Word::Some(named) => (named, false),
            Word::Nobody => return Err(ResolveError::NoHosts("no such name".to_owned())),
            Word::Failure => return Err(ResolveError::Failed("no answer".to_owned())),
        };
        // From time to time a host gets another weight.
        let weight = |host: &usize| 1.0 + ((at.as_secs() / 10 + *host as u64) % 2) as f64;
        let target = |host: &usize| {
            let priority = hosts[*host].listed.unwrap_or_default();
            Target { address: address(*host), weight: weight(host), priority }
        };
        Ok(Resolution { targets: named.iter().map(target).collect(), ttl: self.ttl, complete })
    }
}

/// Where a host listens.
pub(crate) fn address(host: usize) -> SocketAddr {
    ([10, 0, 0, host as u8], 8765).into()
}

/// The host that listens there.
pub(crate) fn listens_at(address: SocketAddr) -> usize {
    match address.ip() {
        IpAddr::V4(ip) => ip.octets()[3].into(),
        IpAddr::V6(_) => panic!("{address} is nobody's"),
    }
}

#[async_trait]
impl Resolver for Network {
    async fn resolve(&self, _: &Lookup) -> Result<Resolution, ResolveError> {
        sleep(self.dns.takes(self.now())).await;
        let (at, requests) = (self.now(), self.log().len());
        let word = self.dns.say(&self.hosts, at);
        self.roll().take_in(&word, (at, requests));
        self.dns.answer(&word, &self.hosts, at)
    }
}
