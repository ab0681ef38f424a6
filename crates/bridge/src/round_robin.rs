//! Smooth weighted round robin.
//!
//! Every turn each candidate gains its weight in credit, the richest is chosen and pays the whole round. With
//! equal weights that is plain round robin, exactly even; with weights 3 and 1 it is `a a b a`, never in
//! bursts. A choice among a single candidate leaves all credit as it was, so that failover to the last host
//! doesn't upset the turns.

use crate::candidate::Candidate;
use crate::host_id::HostId;

#[derive(Debug)]
pub(crate) struct RoundRobin {
    /// By host. Sums to zero.
    credit: Vec<i64>,
}

impl RoundRobin {
    pub(crate) fn new(hosts: usize) -> Self {
        Self { credit: vec![0; hosts] }
    }

    pub(crate) fn next(&mut self, candidates: &[Candidate]) -> Option<HostId> {
        let round: i64 = candidates.iter().map(|candidate| candidate.weight).sum();
        for candidate in candidates {
            self.credit[candidate.host.index()] += candidate.weight;
        }
        let credit = |host: HostId| self.credit[host.index()];
        // Of equals the first in the configuration goes first.
        let chosen = candidates.iter().rev().max_by_key(|candidate| credit(candidate.host))?.host;
        self.credit[chosen.index()] -= round;
        Some(chosen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loaded::Presence;
    use proptest::prelude::*;

    fn candidates(weights: &[i64]) -> Vec<Candidate> {
        let candidate = |(index, &weight)| Candidate {
            host: HostId::new(index),
            weight,
            seconds: 0.0,
            memory: 0.0,
            model: Presence::Unknown,
        };
        weights.iter().enumerate().map(candidate).collect()
    }

    fn turns(weights: &[i64], count: usize) -> Vec<usize> {
        let (mut robin, candidates) = (RoundRobin::new(weights.len()), candidates(weights));
        (0..count).map(|_| robin.next(&candidates).unwrap().index()).collect()
    }

    #[test]
    fn equals_take_turns() {
        assert_eq!(turns(&[1, 1, 1], 7), [0, 1, 2, 0, 1, 2, 0]);
    }

    #[test]
    fn a_heavier_host_gets_its_share_without_bursts() {
        assert_eq!(turns(&[3, 1], 8), [0, 0, 1, 0, 0, 0, 1, 0]);
    }

    #[test]
    fn a_lone_candidate_upsets_no_turn() {
        let mut robin = RoundRobin::new(2);
        let both = candidates(&[1, 1]);
        let seen: Vec<_> = (0..6)
            .map(|_| {
                robin.next(&both[..1]);
                robin.next(&both).unwrap().index()
            })
            .collect();
        assert_eq!(seen, [0, 1, 0, 1, 0, 1]);
    }

    proptest! {
        #[test]
        fn every_round_gives_each_host_its_weight(
            weights in prop::collection::vec(1i64..20, 1..8),
            rounds in 1usize..4,
        ) {
            let total: usize = weights.iter().map(|&weight| weight as usize).sum();
            let chosen = turns(&weights, total * rounds);
            for (host, &weight) in weights.iter().enumerate() {
                let count = chosen.iter().filter(|&&index| index == host).count();
                prop_assert_eq!(count, weight as usize * rounds);
            }
        }
    }
}
