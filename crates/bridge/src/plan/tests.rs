use std::cell::Cell;
use std::collections::HashMap;
use std::time::Duration;

use proptest::prelude::*;

use super::step::UNPAID;
use super::*;
use crate::fault::Fault;
use crate::host_id::{HostId, Named};
use crate::host_limits::Room;
use crate::identity::Identity;
use crate::outcome::Outcome;
use crate::pick::Pick;
use crate::supply::Offer;

/// Hosts that take so many entries and tokens at a time, and how many retries may be paid.
struct Stall {
    rooms: Vec<Room>,
    tokens: f64,
    retries: Cell<usize>,
}

#[derive(Debug)]
struct Place(HostId, f64, Room);

impl Offer for Place {
    fn host(&self) -> Named<'_> {
        (self.0, "host")
    }

    fn grant(&self) -> (f64, Room) {
        (self.1, self.2)
    }
}

impl Supply for Stall {
    type Offer = Place;

    fn pick(&self, tried: &Tried, tokens: f64, held: Option<&Held>, now: Instant) -> Pick<Place> {
        let hosts: Vec<_> = (0..self.rooms.len()).map(HostId::new).filter(|id| tried.allows(*id)).collect();
        let ready: Vec<_> = hosts.iter().filter(|id| tried.blocked_until(**id, now).is_none()).collect();
        let fresh = ready.iter().any(|id| tried.is_fresh(**id));
        let best = ready.into_iter().filter(|id| !fresh || tried.is_fresh(**id));
        let free = best.clone().find(|id| held.is_none_or(|held| held.by(**id) < 2));
        let back = || hosts.iter().filter_map(|id| tried.blocked_until(*id, now)).min();
        match (free, best.count()) {
            (Some(&id), _) => {
                let tokens = held.map_or(tokens, |_| self.tokens);
                Pick::Lease(Place(id, tokens, self.rooms[id.index()]))
            }
            (None, 0) => back().map_or(Pick::Exhausted, Pick::Wait),
            (None, _) => Pick::Busy,
        }
    }

    fn identities(&self, _: Instant) -> Vec<(HostId, f64, Identity)> {
        vec![]
    }

    fn pay(&self, _: bool) -> bool {
        let left = self.retries.get();
        self.retries.set(left.saturating_sub(1));
        left > 0
    }

    fn refused(&self, _: HostId, _: usize) {}

    fn jitter(&self) -> f64 {
        0.5
    }

    fn waits(&self, _: Duration) {}
}

fn stall(hosts: usize) -> Stall {
    let room = Room { entries: usize::MAX, most: usize::MAX };
    Stall { rooms: vec![room; hosts], tokens: 3.0, retries: Cell::new(1_000) }
}

fn batch(items: usize) -> Batch {
    Batch::new((0..items).map(|_| 1))
}

fn failed(status: Option<u16>) -> Outcome {
    Outcome::Failed(Fault::new("server_error", status, "no"))
}

/// A plan of its own journal, for so many items and a minute.
fn plan<'a>(batch: &'a Batch, journal: &'a mut Journal, now: Instant) -> Plan<'a> {
    Plan::new(batch, Lot::new(batch.len()), now + Duration::from_secs(60), journal)
}

fn sent(plan: &mut Plan<'_>, stall: &Stall, now: Instant) -> (HostId, Lot) {
    match plan.next(stall, now).unwrap() {
        Next::Send(place, slice) => (place.0, slice),
        other => panic!("{other:?} where a slice was to be sent"),
    }
}

fn settle(
    plan: &mut Plan<'_>,
    stall: &Stall,
    sent: (HostId, Lot),
    verdict: Result<&Identity, &Outcome>,
    now: Instant,
) -> Result<bool, End> {
    let host = (sent.0, "host");
    let report = Report { first: host, slice: sent.1, host, verdict, failed: None };
    plan.settle(report, stall, now).map(|items| items.is_some())
}

#[test]
fn a_small_call_goes_to_one_host_and_to_the_other_when_that_fails() {
    let (batch, now) = (batch(5), Instant::now());
    let (mut journal, stall) = (Journal::new("/embed", now), stall(2));
    let mut plan = plan(&batch, &mut journal, now);
    let first = sent(&mut plan, &stall, now);
    assert_eq!((first.0, first.1.items.clone()), (HostId::new(0), 0..5));
    assert!(matches!(plan.next(&stall, now), Ok(Next::Rest(_))));
    assert!(!settle(&mut plan, &stall, first, Err(&failed(Some(500))), now).unwrap());
    let second = sent(&mut plan, &stall, now);
    assert_eq!(second.0, HostId::new(1));
    assert!(settle(&mut plan, &stall, second, Ok(&Identity::named("m")), now).unwrap());
    assert!(matches!(plan.next(&stall, now), Ok(Next::Done)));
}

#[test]
fn a_call_that_a_host_takes_in_pieces_only_is_spread() {
    let (batch, now) = (batch(5), Instant::now());
    let (mut journal, mut stall) = (Journal::new("/embed", now), stall(2));
    stall.rooms[0] = Room { entries: 2, most: 2 };
    let mut plan = plan(&batch, &mut journal, now);
    let first = sent(&mut plan, &stall, now);
    assert!(plan.is_spread() && first.1.items == (0..2));
}

#[test]
fn where_the_budget_is_spent_a_small_call_fails_and_a_spread_one_waits() {
    for spread in [false, true] {
        let (batch, now) = (batch(2), Instant::now());
        let (mut journal, stall) = (Journal::new("/embed", now), Stall { retries: Cell::new(0), ..stall(2) });
        let mut plan = plan(&batch, &mut journal, now);
        if spread {
            plan.spread(&stall, now);
        }
        let first = sent(&mut plan, &stall, now);
        settle(&mut plan, &stall, first, Err(&failed(Some(500))), now).unwrap();
        match plan.next(&stall, now) {
            Ok(Next::Rest(until)) => assert!(spread && until == now + UNPAID),
            other => assert!(!spread && matches!(other, Err(End::BudgetSpent)), "{other:?}"),
        }
    }
}

#[test]
fn a_pause_that_ends_after_the_deadline_fails_the_call_and_no_slice_goes_out_after_it() {
    let (batch, now) = (batch(2), Instant::now());
    let (mut journal, stall) = (Journal::new("/embed", now), stall(1));
    let mut plan = plan(&batch, &mut journal, now);
    assert!(matches!(plan.next(&stall, now + Duration::from_secs(60)), Err(End::TimedOut)));
    let first = sent(&mut plan, &stall, now);
    let pause = Duration::from_secs(61);
    let busy =
        Outcome::Overloaded { pause, draining: false, fault: Fault::new("overloaded", Some(429), "no") };
    settle(&mut plan, &stall, first, Err(&busy), now).unwrap();
    assert!(matches!(plan.next(&stall, now), Err(End::Overloaded(_))));
}

proptest! {
    /// Whatever hosts do: no item is lost, sent where it is, or answered twice; no host fails one more than twice; and
    /// the plan always knows when to go on.
    #[test]
    fn every_item_is_answered_once_or_the_call_ends(
        items in 1usize..40, hosts in 1usize..4, spread: bool,
        most in prop::collection::vec(1usize..50, 3), fates in prop::collection::vec((0u8..10, 0usize..9), 200),
    ) {
        let (batch, mut now) = (batch(items), Instant::now());
        let mut stall = stall(hosts);
        (0..hosts).for_each(|host| stall.rooms[host] = Room { entries: most[host], most: most[host] });
        let mut journal = Journal::new("/embed", now);
        let mut plan = plan(&batch, &mut journal, now);
        if spread {
            plan.spread(&stall, now);
        }
        let (mut flying, mut answered, mut failures) = (vec![], vec![0; items], HashMap::new());
        let mut fates = fates.into_iter().chain(std::iter::repeat((0, 0)));
        let end = loop {
            match plan.next(&stall, now) {
                Ok(Next::Send(place, slice)) => {
                    let free = |(_, other): &(HostId, Lot)| other.items.end <= slice.items.start || slice.items.end <= other.items.start;
                    prop_assert!(flying.iter().all(free) && slice.items.clone().all(|item| answered[item] == 0));
                    prop_assert!(slice.items.len() <= most[place.0.index()]);
                    flying.push((place.0, slice));
                }
                Ok(Next::Rest(until)) if flying.is_empty() => {
                    prop_assert!(until > now, "it stands still");
                    now = until;
                }
                Ok(Next::Rest(_)) => {
                    let (fate, which) = fates.next().unwrap();
                    let (host, slice) = flying.remove(which % flying.len());
                    let (model, fault) = (Identity::named("m"), Fault::new("x", None, "no"));
                    let outcome = match fate {
                        0..6 => None,
                        6 => Some(failed(Some(500))),
                        7 => Some(failed(None)),
                        8 => Some(Outcome::Overloaded { pause: Duration::from_secs(1), draining: false, fault }),
                        _ => Some(Outcome::TooLarge(fault)),
                    };
                    let range = slice.items.clone();
                    if fate == 6 || fate == 7 {
                        for item in range.clone() {
                            let count = failures.entry((item, host)).or_insert(0);
                            *count += 1;
                            prop_assert!(*count <= 2, "{item} was failed thrice by one host");
                        }
                    }
                    let verdict = outcome.as_ref().map_or(Ok(&model), Err);
                    match settle(&mut plan, &stall, (host, slice), verdict, now) {
                        Ok(true) => range.for_each(|item| answered[item] += 1),
                        Ok(false) => {}
                        Err(end) => break Err(end),
                    }
                }
                Ok(Next::Done) => break Ok(()),
                Err(end) => break Err(end),
            }
        };
        prop_assert!(answered.iter().all(|&count| count <= 1));
        prop_assert!(end.is_err() || answered.iter().all(|&count| count == 1), "an item is lost");
    }
}
