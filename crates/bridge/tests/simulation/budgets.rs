//! What failures and late answers may add to the fleet's load: retries and copies, counted in the log.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::exchange::{Exchange, Fate};

/// Retries that are always allowed: two a second, for ten seconds.
const FLOOR: f64 = 20.0;
/// tower's budget counts by the second and takes a quiet one for two, so that its ten seconds may be five, or eleven.
const AT_LEAST: Duration = Duration::from_secs(5);
const AT_MOST: Duration = Duration::from_secs(11);

/// What a request was: the first for its items, a retry that is paid for, or a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    First,
    /// After a failure.
    Paid,
    /// In a second round, if nothing else has been paid for that; also where the host has left and come back since.
    Again,
    Free,
    Copy,
}

/// The requests for work, and what they were.
pub(crate) struct Budgets<'a> {
    roles: Vec<(&'a Exchange, Role)>,
}

impl<'a> Budgets<'a> {
    pub(crate) fn of(log: &'a [Exchange]) -> Self {
        let mut calls: BTreeMap<usize, Vec<&Exchange>> = BTreeMap::new();
        let (mut roles, mut repeated) = (vec![], BTreeSet::new());
        for (number, seen) in log.iter().enumerate() {
            let Some(call) = seen.call else { continue };
            let before = calls.entry(call).or_default();
            roles.push((seen, role(seen, number, before, &mut repeated)));
            before.push(seen);
        }
        Self { roles }
    }

    /// Copies are at most this share of the other requests, at any time.
    pub(crate) fn check_copies(&self, share: f64) {
        let (mut copies, mut others) = (0.0, 0.0);
        for (seen, role) in &self.roles {
            *(if *role == Role::Copy { &mut copies } else { &mut others }) += 1.0;
            assert!(copies <= others * share + 1e-6, "{copies} copies of {others} requests with {seen:?}");
        }
    }

    /// Retries are at most this share of the slices, beyond the floor, in any ten seconds. Calls that are spread over
    /// hosts have a budget of their own; which ones are can't be seen here, but that those of one item aren't.
    pub(crate) fn check_retries(&self, share: f64, is_single: impl Fn(&Exchange) -> bool) {
        let retries = self.roles.iter().enumerate().filter(|(_, (_, role))| *role == Role::Paid);
        for (at, (seen, _)) in retries {
            let firsts = self.count(at, AT_MOST, |_, role| role == Role::First);
            let paid = self.count(at, AT_LEAST, |_, role| role == Role::Paid);
            let single = self.count(at, AT_LEAST, |seen, role| role == Role::Paid && is_single(seen));
            assert!(single <= FLOOR + share * firsts, "{single} retries of {firsts} requests with {seen:?}");
            assert!(
                paid <= 2.0 * FLOOR + share * firsts,
                "{paid} retries of {firsts} requests with {seen:?}"
            );
        }
    }

    /// Retries in the ten seconds before.
    pub(crate) fn spent(&self, at: Duration) -> usize {
        let is_paid = |role| matches!(role, Role::Paid | Role::Again);
        let recent = |seen: &Exchange| seen.at <= at && seen.at + AT_MOST >= at;
        self.roles.iter().filter(|(seen, role)| is_paid(*role) && recent(seen)).count()
    }

    /// Requests up to this one that are no older than so long.
    fn count(&self, last: usize, within: Duration, wanted: impl Fn(&Exchange, Role) -> bool) -> f64 {
        let recent = self.roles[..=last].iter().filter(|(seen, _)| seen.at + within > self.roles[last].0.at);
        recent.filter(|(seen, role)| wanted(seen, *role)).count() as f64
    }
}

/// What a request was. A lot of items pays where the last host answered with a failure, and for its second round, and
/// that once, however many slices are made of it.
fn role(seen: &Exchange, number: usize, before: &[&Exchange], paid: &mut BTreeSet<(Role, Cause)>) -> Role {
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
        () if failed && paid.insert((Role::Paid, cause(last))) => Role::Paid,
        () if first.is_some_and(|first| paid.insert((Role::Again, cause(first)))) => Role::Again,
        () => Role::Free,
    }
}

/// A request that failed.
type Cause = (Option<usize>, usize, usize, Duration);

fn cause(seen: &Exchange) -> Cause {
    (seen.call, seen.host, seen.items.start, seen.at)
}
