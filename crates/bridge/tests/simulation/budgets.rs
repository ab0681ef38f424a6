//! What failures and late answers may add to the fleet's load: retries and copies, counted in the log.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::exchange::{Exchange, Fate};

/// Retries that are always allowed: two a second, for ten seconds.
const FLOOR: f64 = 20.0;
/// A budget counts by the second, so that its ten seconds may be nine or eleven.
const AT_LEAST: Duration = Duration::from_secs(9);
const AT_MOST: Duration = Duration::from_secs(11);

/// What a request was: the first for its items, a retry that is paid for, or a copy.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Role {
    First,
    /// After a failure.
    Paid,
    /// In a second round, if nothing else has been paid for that.
    Again,
    Free,
    Copy,
}

/// The requests for work, and what they were.
pub(crate) struct Budgets<'a> {
    roles: Vec<(&'a Exchange, Role)>,
    /// Calls that were spread over hosts; they have a budget of their own.
    spread: BTreeSet<usize>,
}

impl<'a> Budgets<'a> {
    pub(crate) fn of(log: &'a [Exchange]) -> Self {
        let mut calls: BTreeMap<usize, Vec<&Exchange>> = BTreeMap::new();
        let (mut roles, mut repeated, mut spread) = (vec![], BTreeSet::new(), BTreeSet::new());
        for (number, seen) in log.iter().enumerate() {
            let Some(call) = seen.call else { continue };
            let before = calls.entry(call).or_default();
            if before.first().is_some_and(|first: &&Exchange| first.items.end < seen.items.end) {
                spread.insert(call);
            }
            roles.push((seen, role(seen, number, before, &mut repeated)));
            before.push(seen);
        }
        Self { roles, spread }
    }

    /// Copies are at most this share of the other requests, at any time.
    pub(crate) fn check_copies(&self, share: f64) {
        let (mut copies, mut others) = (0.0, 0.0);
        for (seen, role) in &self.roles {
            *(if *role == Role::Copy { &mut copies } else { &mut others }) += 1.0;
            assert!(copies <= others * share + 1e-6, "{copies} copies of {others} requests with {seen:?}");
        }
    }

    /// Retries are at most this share of the slices, beyond the floor, in any ten seconds.
    pub(crate) fn check_retries(&self, share: f64) {
        for (at, (seen, role)) in self.roles.iter().enumerate() {
            if *role == Role::Paid {
                let paid = self.count(Role::Paid, &self.roles[..=at], seen, AT_LEAST);
                let firsts = self.count(Role::First, &self.roles[..=at], seen, AT_MOST);
                assert!(paid <= FLOOR + share * firsts, "{paid} retries of {firsts} requests with {seen:?}");
            }
        }
    }

    /// Retries that small calls were paid for in the ten seconds before.
    pub(crate) fn spent(&self, at: Duration) -> usize {
        let recent = |seen: &Exchange| seen.at <= at && seen.at + AT_MOST >= at;
        let is_paid = |role| matches!(role, Role::Paid | Role::Again);
        let paid = self.roles.iter().filter(|(seen, role)| is_paid(*role) && recent(seen));
        paid.filter(|(seen, _)| !self.is_spread(seen)).count()
    }

    fn count(&self, role: Role, roles: &[(&Exchange, Role)], last: &Exchange, within: Duration) -> f64 {
        let recent = roles.iter().filter(|(seen, _)| seen.at + within > last.at);
        let same = recent.filter(|(seen, _)| self.is_spread(seen) == self.is_spread(last));
        same.filter(|(_, other)| *other == role).count() as f64
    }

    fn is_spread(&self, seen: &Exchange) -> bool {
        seen.call.is_some_and(|call| self.spread.contains(&call))
    }
}

/// What a request was. A lot of items pays where the last host answered with a failure, and for its second round, and
/// that once, however many slices are made of it.
fn role(seen: &Exchange, number: usize, before: &[&Exchange], paid: &mut BTreeSet<Cause>) -> Role {
    let same = before.iter().filter(|other| other.items.contains(&seen.items.start));
    let same: Vec<_> = same.collect();
    if same.iter().any(|other| other.fate_before(number).is_none()) {
        return Role::Copy;
    }
    let Some(last) = same.iter().max_by_key(|other| other.end.map(|(at, order, _)| (at, order))) else {
        return Role::First;
    };
    let failed = last.fate_before(number) == Some(Fate::Failed);
    let again = same.iter().any(|other| other.host == seen.host && other.has_failed());
    let first = same.iter().find(|other| other.has_failed()).filter(|_| again);
    match () {
        () if failed && paid.insert(cause(last)) => Role::Paid,
        () if first.is_some_and(|first| paid.insert(cause(first))) => Role::Again,
        () => Role::Free,
    }
}

/// A request that failed.
type Cause = (Option<usize>, usize, usize, Duration);

fn cause(seen: &Exchange) -> Cause {
    (seen.call, seen.host, seen.items.start, seen.at)
}
