//! What a name stands for, and how the parts of an answer make one.

use std::net::SocketAddr;
use std::time::Duration;

use crate::resolver::resolve_error::ResolveError;

/// One host behind a name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its share of the calls, where the mean of the entry's hosts is 1.
    pub weight: f64,
    /// Hosts of a higher number are asked only where none of a lower one may be.
    pub priority: u16,
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolution {
    /// The hosts.
    pub targets: Vec<Target>,
    /// How long that holds.
    pub ttl: Duration,
    /// Whether these are all; `false` where a part of the answer couldn't be had.
    pub complete: bool,
}

impl Resolution {
    /// Puts parts together. What can't be had of one is missing; where nothing else is there, that is the failure.
    pub(crate) fn of_parts(
        parts: impl IntoIterator<Item = Result<Self, ResolveError>>,
    ) -> Result<Self, ResolveError> {
        let (mut whole, mut missing) = (Self { targets: vec![], ttl: Duration::MAX, complete: true }, None);
        for part in parts {
            match part {
                Ok(part) => whole.add(part),
                Err(failure) => missing = Some(failure),
            }
        }
        whole.complete &= missing.is_none();
        match missing {
            Some(failure) if whole.targets.is_empty() => Err(failure),
            _ => Ok(whole),
        }
    }

    fn add(&mut self, part: Self) {
        self.targets.extend(part.targets);
        self.ttl = self.ttl.min(part.ttl);
        self.complete &= part.complete;
    }

    /// As hosts of one SRV record, which share its weight.
    pub(crate) fn of_service(mut self, priority: u16, weight: u16) -> Self {
        let weight = f64::from(weight) / self.targets.len() as f64;
        self.targets.iter_mut().for_each(|target| (target.weight, target.priority) = (weight, priority));
        self
    }

    /// Makes weights count against the mean of their priority, and keeps each address once, with its best priority.
    /// Where all weights of a priority are 0, all are equal.
    pub(crate) fn balanced(mut self) -> Self {
        self.targets.sort_by_key(|target| (target.address, target.priority));
        self.targets.dedup_by_key(|target| target.address);
        let all = self.targets.clone();
        for target in &mut self.targets {
            let peers = || all.iter().filter(|other| other.priority == target.priority);
            let mean = peers().map(|peer| peer.weight).sum::<f64>() / peers().count() as f64;
            target.weight = if mean > 0.0 { target.weight / mean } else { 1.0 };
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(hosts: &[u8], seconds: u64) -> Resolution {
        let host = |&host| Target { address: ([10, 0, 0, host], 80).into(), weight: 1.0, priority: 0 };
        Resolution {
            targets: hosts.iter().map(host).collect(),
            ttl: Duration::from_secs(seconds),
            complete: true,
        }
    }

    fn failed() -> Result<Resolution, ResolveError> {
        Err(ResolveError::Failed("timed out".to_owned()))
    }

    fn weights(resolution: &Resolution) -> Vec<(u16, f64)> {
        resolution.targets.iter().map(|target| (target.priority, target.weight)).collect()
    }

    #[test]
    fn parts_hold_as_long_as_the_shortest_and_a_missing_one_shows() {
        let whole = Resolution::of_parts([Ok(part(&[1], 9)), Ok(part(&[2], 5))]).unwrap();
        assert_eq!(whole, part(&[1, 2], 5));
        let partly = Resolution::of_parts([failed(), Ok(part(&[2], 5))]).unwrap();
        assert_eq!(partly, Resolution { complete: false, ..part(&[2], 5) });
        assert_eq!(Resolution::of_parts([failed(), Ok(part(&[], 5))]), failed());
    }

    #[test]
    fn weights_count_against_the_mean_of_their_priority() {
        let services = [part(&[1], 9).of_service(0, 30), part(&[2, 3], 9).of_service(0, 30)];
        let reserve = [part(&[4, 1], 9).of_service(7, 0)];
        let whole = Resolution::of_parts(services.into_iter().chain(reserve).map(Ok)).unwrap().balanced();
        assert_eq!(weights(&whole), [(0, 1.5), (0, 0.75), (0, 0.75), (7, 1.0)]);
    }
}
