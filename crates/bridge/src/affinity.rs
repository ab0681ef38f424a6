//! Of hosts that are about equally good, one that has the model in memory is preferred.
//!
//! Loading a model takes seconds and pushes another one out. A host that would have to load it is left out as long as
//! one that has it would be done with the call at most a second later; beyond that the strategy chooses among all. A
//! call that is spread over hosts is large enough to be worth loading a model for: there every host takes part.

use crate::candidate::Candidate;
use crate::loaded::Presence;

/// How many seconds later a host may be done because it has the model.
const MARGIN: f64 = 1.0;

/// The candidates without those that would have to load the model and aren't worth it.
pub(crate) fn prefer_loaded(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    let loaded = candidates.iter().filter(|candidate| candidate.model == Presence::Loaded);
    let first = loaded.map(|candidate| candidate.seconds).fold(f64::INFINITY, f64::min);
    candidates.retain(|candidate| candidate.model != Presence::Absent || candidate.seconds + MARGIN < first);
    candidates
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host_id::HostId;
    use proptest::prelude::*;

    fn left(hosts: &[(Presence, f64)]) -> Vec<usize> {
        let candidate = |(index, &(model, seconds))| {
            let host = HostId::new(index);
            Candidate { host, weight: 1, seconds, memory: 0.0, model }
        };
        let candidates = hosts.iter().enumerate().map(candidate).collect();
        prefer_loaded(candidates).iter().map(|candidate| candidate.host.index()).collect()
    }

    #[test]
    fn a_host_with_the_model_is_preferred_unless_it_is_much_busier() {
        use Presence::{Absent, Loaded, Unknown};
        assert_eq!(left(&[(Absent, 0.1), (Loaded, 1.0), (Unknown, 0.1)]), [1, 2]);
        assert_eq!(left(&[(Absent, 0.1), (Loaded, 1.2)]), [0, 1]);
        assert_eq!(left(&[(Absent, 0.1), (Absent, 0.2)]), [0, 1], "nobody has it");
    }

    proptest! {
        #[test]
        fn one_is_left_that_is_at_most_a_second_later_than_the_first(
            hosts in prop::collection::vec(
                (prop::sample::select(vec![Presence::Loaded, Presence::Absent, Presence::Unknown]), 0.0f64..9.0),
                1..9,
            ),
        ) {
            let first = |seconds: &mut dyn Iterator<Item = f64>| seconds.fold(f64::INFINITY, f64::min);
            let of_all = first(&mut hosts.iter().map(|host| host.1));
            let of_left = first(&mut left(&hosts).into_iter().map(|index| hosts[index].1));
            prop_assert!(of_left <= of_all + MARGIN);
        }
    }
}
