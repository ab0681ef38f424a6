//! Least busy: the host that would have served the call first.
//!
//! Hosts that are as good as the best are equals, and of those the ones with the least memory in use are left; where
//! several are, they take turns, or an idle fleet would use one host only. A host whose memory is nearly full counts
//! as a multiple of its seconds, for the next request may be the one that doesn't fit.

use crate::candidate::Candidate;

/// Seconds up to this multiple of the least are equal: speeds are measured, and measuring has an error.
const EQUAL_SECONDS: f64 = 1.1;
/// Memory up to this much more than the least is equal.
const EQUAL_MEMORY: f64 = 0.05;
/// From this share on, memory is short.
const MEMORY_SHORT: f64 = 0.9;
/// What a host counts as whose memory is full: so many times its seconds, and one more.
const MEMORY_FULL: f64 = 10.0;

/// The candidates that have the least to do, counting the call that is to be placed.
pub(crate) fn least_busy(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    let least = candidates.iter().map(burden).fold(f64::INFINITY, f64::min);
    candidates.retain(|candidate| burden(candidate) <= least * EQUAL_SECONDS);
    let least = candidates.iter().map(|candidate| candidate.memory).fold(f64::INFINITY, f64::min);
    candidates.retain(|candidate| candidate.memory <= least + EQUAL_MEMORY);
    candidates
}

fn burden(candidate: &Candidate) -> f64 {
    let short = ((candidate.memory - MEMORY_SHORT) / (1.0 - MEMORY_SHORT)).max(0.0);
    candidate.seconds * (1.0 + MEMORY_FULL * short)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host_id::HostId;
    use crate::loaded::Presence;

    fn left(hosts: &[(f64, f64)]) -> Vec<usize> {
        let candidate = |(index, &(seconds, memory))| {
            let host = HostId::new(index);
            Candidate { host, weight: 1, seconds, memory, model: Presence::Unknown }
        };
        let candidates = hosts.iter().enumerate().map(candidate).collect();
        least_busy(candidates).iter().map(|candidate| candidate.host.index()).collect()
    }

    #[test]
    fn the_first_to_be_done_are_left() {
        assert_eq!(left(&[(2.0, 0.0), (1.0, 0.0), (1.05, 0.0)]), [1, 2]);
        assert_eq!(left(&[]), [0usize; 0]);
    }

    #[test]
    fn of_equals_those_with_the_least_memory_in_use_are_left() {
        assert_eq!(left(&[(1.0, 0.7), (1.02, 0.2), (1.0, 0.22)]), [1, 2]);
        assert_eq!(left(&[(1.0, 0.7), (2.0, 0.1)]), [0], "the faster one first");
    }

    #[test]
    fn a_host_near_its_memory_limit_is_avoided() {
        assert_eq!(left(&[(1.0, 0.97), (3.0, 0.5)]), [1]);
        assert_eq!(left(&[(1.0, 0.97), (30.0, 0.5)]), [0], "but not at any price");
    }
}
