//! Where more than half of the hosts are out, those that are out are tried as well.
//!
//! So much bad luck is more likely a wrong verdict, or a load that takes one host down after the other: the few that are
//! left would be next. Hosts that are out then share a tenth of a host's calls between them, which the retry budget can
//! pay for, and each has one call at a time, for it may hang. To a strategy that compares seconds they are as much
//! slower, so that it turns to them when the others are really busy. Hosts that asked for a pause or refuse the key
//! aren't out: they are left alone as ever, and the latter don't count at all. A call that is spread over hosts doesn't
//! need this: hosts pull its slices, so that nobody is given more than it gets done.

use tokio::time::Instant;

use crate::breaker_state::BreakerState;
use crate::demand::Kind;
use crate::eligible::ready;
use crate::host::{Host, Key};
use crate::host_id::HostId;
use crate::hosts::Hosts;
use crate::slow_start::FLOOR;
use crate::tried::Tried;

/// The hosts to be tried beside the `best`, and the share of its calls that each gets.
pub(crate) fn reserve(
    hosts: &Hosts,
    best: &[HostId],
    (tried, kind): (&Tried, &Kind),
    now: Instant,
) -> (Vec<HostId>, f64) {
    if !is_on(hosts) {
        return (vec![], 1.0);
    }
    let spare = |(id, host): &(HostId, &Host)| {
        is_out(host)
            && host.traffic.in_flight == 0
            && !host.missing.lacks(kind, now)
            && tried.is_fresh(*id)
            && !best.contains(id)
    };
    let reserve: Vec<_> = ready(hosts, tried, now).filter(spare).map(|(id, _)| id).collect();
    let share = FLOOR / reserve.len().max(1) as f64;
    (reserve, share)
}

/// Whether more than half of the hosts are out.
fn is_on(hosts: &Hosts) -> bool {
    let out = hosts.iter().filter(|(_, host)| is_out(host)).count();
    let unlocked = hosts.iter().filter(|(_, host)| host.key() != Key::Refused).count();
    2 * out > unlocked
}

fn is_out(host: &Host) -> bool {
    host.key() != Key::Refused && host.breaker.state() != BreakerState::Closed
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::config::Config;
    use crate::eligible::best;
    use crate::fault::Fault;
    use crate::outcome::Outcome;

    /// What befell each host.
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Fate {
        Well,
        Out,
        Locked,
        Parked,
        /// Out, and it had asked for a pause.
        Both,
    }

    fn hosts(fates: &[Fate], now: Instant) -> Hosts {
        let urls: Vec<_> =
            (0..fates.len()).map(|index| json!({ "url": format!("http://h{index}") })).collect();
        let config = Config::from_json(json!({ "hosts": urls })).unwrap();
        let fault = || Fault::new("x", None, "no");
        let pause = Duration::from_secs(9);
        let mut hosts = Hosts::new(&config.hosts);
        for (index, fate) in fates.iter().enumerate() {
            let host = hosts.find(HostId::new(index)).unwrap();
            if matches!(fate, Fate::Out | Fate::Both) {
                host.on_sick(&fault(), now, 0.0);
            }
            if matches!(fate, Fate::Parked | Fate::Both) {
                host.observe(&Outcome::Overloaded { pause, draining: false, fault: fault() }, now, 0.0);
            }
            if *fate == Fate::Locked {
                host.observe(&Outcome::Unauthorized(fault()), now, 0.0);
            }
        }
        hosts
    }

    fn reserve_of(fates: &[Fate]) -> Vec<usize> {
        let (now, tried) = (Instant::now(), Tried::default());
        let hosts = hosts(fates, now);
        let kind = Kind::new("/embed", None);
        let best = best(&hosts, &tried, &kind, now);
        reserve(&hosts, &best, (&tried, &kind), now).0.iter().map(|id| id.index()).collect()
    }

    #[test]
    fn more_than_half_must_be_out() {
        assert_eq!(reserve_of(&[Fate::Well, Fate::Out]), [0usize; 0]);
        assert_eq!(reserve_of(&[Fate::Well, Fate::Out, Fate::Out]), [1, 2]);
        assert_eq!(reserve_of(&[Fate::Well, Fate::Out, Fate::Out, Fate::Well]), [0usize; 0]);
        assert_eq!(reserve_of(&[Fate::Parked, Fate::Parked, Fate::Well]), [0usize; 0], "busy isn't out");
        assert_eq!(reserve_of(&[Fate::Locked, Fate::Well, Fate::Out, Fate::Out]), [2, 3]);
    }

    #[test]
    fn a_host_that_is_out_has_one_call_at_a_time() {
        let (now, tried) = (Instant::now(), Tried::default());
        let mut hosts = hosts(&[Fate::Well, Fate::Out, Fate::Out], now);
        hosts.find(HostId::new(1)).unwrap().traffic.in_flight = 1;
        let (left, share) = reserve(&hosts, &[HostId::new(0)], (&tried, &Kind::new("/embed", None)), now);
        assert_eq!((left, share), (vec![HostId::new(2)], FLOOR));
    }

    proptest! {
        #[test]
        fn pauses_and_refused_keys_are_respected(
            fates in prop::collection::vec(
                prop::sample::select(vec![Fate::Well, Fate::Out, Fate::Locked, Fate::Parked, Fate::Both]),
                1..9,
            ),
        ) {
            let best_has_out = !fates.contains(&Fate::Well);
            for index in reserve_of(&fates) {
                prop_assert_eq!(fates[index], Fate::Out);
                prop_assert!(!best_has_out, "hosts that are out are the best, so that none is in reserve");
            }
        }
    }
}
