//! Smooth weighted round robin.
//!
//! Every turn each candidate gains its weight in credit, the richest is chosen and pays the whole round. With
//! equal weights that is plain round robin, exactly even; with weights 3 and 1 it is `a a b a`, never in
//! bursts. A choice among a single candidate leaves all credit as it was, so that failover to the last host
//! doesn't upset the turns.

use std::collections::BTreeMap;

use crate::candidate::Candidate;
use crate::host_id::HostId;

#[derive(Debug, Default)]
pub(crate) struct RoundRobin {
    /// By host.
    credit: BTreeMap<HostId, i64>,
}

impl RoundRobin {
    pub(crate) fn next(&mut self, candidates: &[Candidate]) -> Option<HostId> {
        let round: i64 = candidates.iter().map(|candidate| candidate.weight).sum();
        let (usual, mut richest) = (self.usual(), None);
        for Candidate { host, weight, .. } in candidates {
            let credit = self.credit.entry(*host).or_insert(usual);
            *credit += weight;
            // Of equals the first goes first.
            if richest.is_none_or(|(most, _)| *credit > most) {
                richest = Some((*credit, *host));
            }
        }
        let (credit, chosen) = richest?;
        self.credit.insert(chosen, credit - round);
        Some(chosen)
    }

    /// A host has left.
    pub(crate) fn forget(&mut self, host: HostId) {
        self.credit.remove(&host);
    }

    #[cfg(test)]
    pub(crate) fn remembered(&self) -> usize {
        self.credit.len()
    }

    /// What a host begins with: the mean, so that it waits no longer for its turn than others do, nor shorter.
    fn usual(&self) -> i64 {
        self.credit.values().sum::<i64>() / self.credit.len().max(1) as i64
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
        let (mut robin, candidates) = (RoundRobin::default(), candidates(weights));
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
        let mut robin = RoundRobin::default();
        let both = candidates(&[1, 1]);
        let seen: Vec<_> = (0..6)
            .map(|_| {
                robin.next(&both[..1]);
                robin.next(&both).unwrap().index()
            })
            .collect();
        assert_eq!(seen, [0, 1, 0, 1, 0, 1]);
    }

    #[test]
    fn who_comes_late_takes_turns_at_once_and_who_leaves_upsets_none() {
        let (mut robin, all) = (RoundRobin::default(), candidates(&[1; 4]));
        let mut turns = |hosts: &[Candidate], count: usize| -> Vec<_> {
            (0..count).map(|_| robin.next(hosts).unwrap().index()).collect()
        };
        assert_eq!(turns(&all[..2], 3), [0, 1, 0]);
        let with_two_more = turns(&all, 8);
        assert!((0..4).all(|host| with_two_more.iter().filter(|turn| **turn == host).count() == 2));
        robin.forget(HostId::new(1));
        let counts =
            |turns: &[usize]| [0, 2, 3].map(|host| turns.iter().filter(|turn| **turn == host).count());
        let rest = [all[0], all[2], all[3]];
        let turns: Vec<_> = (0..9).map(|_| robin.next(&rest).unwrap().index()).collect();
        assert_eq!(counts(&turns), [3, 3, 3]);
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
