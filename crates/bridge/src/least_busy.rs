//! Least busy: fewest requests on hand for the host's weight.
//!
//! The load is what the bridge itself has in flight plus what the host's last answer said of other callers,
//! so that it costs no request of its own. Equals take turns, or an idle fleet would use one host only.

use crate::candidate::Candidate;

/// The candidates that have the least to do, counting the call that is to be placed.
pub(crate) fn least_busy(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    let Some(least) = candidates.iter().copied().reduce(|a, b| if busier(&a, &b) { b } else { a }) else {
        return candidates;
    };
    candidates.retain(|candidate| !busier(candidate, &least));
    candidates
}

/// `(busy + 1) / weight`, compared without a division.
fn busier(a: &Candidate, b: &Candidate) -> bool {
    load(a, b.weight) > load(b, a.weight)
}

fn load(candidate: &Candidate, other_weight: u32) -> u128 {
    (u128::from(candidate.busy) + 1) * u128::from(other_weight)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host_id::HostId;

    fn left(hosts: &[(u32, u64)]) -> Vec<usize> {
        let candidate = |(index, &(weight, busy))| Candidate { host: HostId::new(index), weight, busy };
        let candidates = hosts.iter().enumerate().map(candidate).collect();
        least_busy(candidates).iter().map(|candidate| candidate.host.index()).collect()
    }

    #[test]
    fn the_idlest_are_left() {
        assert_eq!(left(&[(1, 2), (1, 1), (1, 1)]), [1, 2]);
        assert_eq!(left(&[]), [0usize; 0]);
    }

    #[test]
    fn a_heavier_host_carries_more() {
        assert_eq!(left(&[(4, 2), (1, 0)]), [0]);
        assert_eq!(left(&[(4, 3), (1, 0)]), [0, 1]);
        assert_eq!(left(&[(4, 4), (1, 0)]), [1]);
    }
}
