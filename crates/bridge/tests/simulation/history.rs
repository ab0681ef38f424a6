//! What the items of a call have been through: nobody is asked in vain while another host is left.

use std::time::Duration;

use crate::call::{Call, Task};
use crate::exchange::{Exchange, Fate};
use crate::network::Network;
use crate::roll::Stay;

/// How often a host may fail an item.
const ROUNDS: usize = 2;

/// The requests of one call, with their numbers in the log.
pub(crate) struct History<'a> {
    pub(crate) network: &'a Network,
    pub(crate) call: &'a Call,
    pub(crate) log: &'a [Exchange],
}

impl History<'_> {
    /// Checks every request of the call against those before it.
    pub(crate) fn check(&self) {
        let of_call = |(_, seen): &(usize, &Exchange)| seen.call == Some(self.call.number);
        let own: Vec<_> = self.log.iter().enumerate().filter(of_call).collect();
        for (at, &(number, seen)) in own.iter().enumerate() {
            for item in seen.items.clone() {
                let before = own[..at].iter().filter(|(_, other)| other.items.contains(&item));
                let before: Vec<_> = before.map(|(_, other)| *other).collect();
                self.check_item(number, seen, &before);
            }
        }
    }

    fn check_item(&self, number: usize, seen: &Exchange, before: &[&Exchange]) {
        let of_host = before.iter().filter(|other| other.stay == seen.stay);
        let fates: Vec<_> = of_host.map(|other| other.fate_before(number)).collect();
        assert!(!fates.contains(&None), "{seen:?} is asked what it is at work on");
        assert!(!fates.contains(&Some(Fate::Barred)), "{seen:?} has refused for good");
        assert!(!fates.contains(&Some(Fate::Good)), "{seen:?} has answered that");
        let failures = fates.iter().filter(|fate| is_failure(**fate)).count();
        assert!(failures < ROUNDS, "{seen:?} has failed {failures} times");
        if failures > 0 {
            self.check_repeat(number, seen, before);
        }
        self.check_answered(number, seen, before);
    }

    /// A host that failed is asked again only where no other is left.
    fn check_repeat(&self, number: usize, seen: &Exchange, before: &[&Exchange]) {
        for (stay, Stay { host, .. }) in self.network.roll().at(number) {
            let asked = before.iter().any(|other| other.stay == Some(stay));
            let left = !asked && !self.is_parked(stay, number, seen.at) && !self.is_unfit(*host, number);
            assert!(!left, "{seen:?} is asked again while host {host} is left");
        }
    }

    /// What has been answered isn't asked again, unless the answer was another model's.
    fn check_answered(&self, number: usize, seen: &Exchange, before: &[&Exchange]) {
        let good = |other: &&&Exchange| other.fate_before(number) == Some(Fate::Good);
        for other in before.iter().filter(good) {
            assert!(self.is_stranger(other.host, number), "{seen:?} asks what {other:?} has answered");
        }
    }

    fn is_parked(&self, stay: usize, number: usize, at: Duration) -> bool {
        let known = self.log[..number].iter().filter(|seen| seen.stay == Some(stay));
        let known = known.filter(|seen| seen.fate_before(number).is_some());
        let mut until = known.filter_map(|seen| seen.parks_until(self.call.number));
        until.any(|until| until > at)
    }

    /// Whether the call can do without it: it is of another model, or takes no block.
    fn is_unfit(&self, host: usize, number: usize) -> bool {
        let most = self.network.hosts[host].nature.most;
        let least = match self.call.task {
            Task::BertScore { idf: true } => self.call.items,
            Task::BertScore { idf: false } => self.call.items.min(64),
            _ => 1,
        };
        most < least || self.is_stranger(host, number)
    }

    /// Whether it is of another model than a host that answered first.
    fn is_stranger(&self, host: usize, number: usize) -> bool {
        let own = self.log[..number].iter().filter(|seen| seen.call == Some(self.call.number));
        let good = own.filter(|seen| seen.fate_before(number) == Some(Fate::Good));
        let good: Vec<_> = good.collect();
        let first = good.iter().filter_map(|seen| seen.end_at()).min();
        let model = |host: usize| self.network.hosts[host].nature.model;
        // Of several at the same instant, any may have been the first to be read.
        good.iter().any(|seen| seen.end_at() == first && model(seen.host) != model(host))
    }
}

fn is_failure(fate: Option<Fate>) -> bool {
    matches!(fate, Some(Fate::Failed | Fate::Lost | Fate::Dropped))
}
