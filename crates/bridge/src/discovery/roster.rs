//! Who belongs to an entry of the configuration, as DNS says, and when it is asked again.
//!
//! A pure state machine over answers and the instants they came. What was known holds until a whole answer says
//! something else: a resolver that fails takes no host away, and an answer that a part is missing of only adds some.
//! That a name has no hosts at all is believed once nothing else was heard for [`BELIEVED`], for a fleet that is rolled
//! over has such a moment, and a host that really is gone costs no more than one that is down.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::Instant;

use crate::resolver::resolution::{Resolution, Target};
use crate::resolver::resolve_error::ResolveError;

/// How long a name must have had no hosts.
const BELIEVED: Duration = Duration::from_secs(60);
/// Shortest pause between two questions, whatever an answer says.
pub(crate) const SHORTEST: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Debug)]
pub(crate) struct Roster {
    present: BTreeMap<SocketAddr, Target>,
    empty_since: Option<Instant>,
    longest: Duration,
    pause: Duration,
}

/// What an answer changes.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Change {
    /// In the order of their addresses.
    pub(crate) come: Vec<Target>,
    /// They have another weight or priority now.
    pub(crate) changed: Vec<Target>,
    pub(crate) gone: Vec<SocketAddr>,
}

impl Roster {
    /// Nobody yet. `longest` is the longest pause between two questions.
    pub(crate) fn new(longest: Duration) -> Self {
        Self { present: BTreeMap::new(), empty_since: None, longest, pause: Duration::ZERO }
    }

    /// How long to wait before the next question, unless there is a doubt.
    pub(crate) fn pause(&self) -> Duration {
        self.pause
    }

    /// Takes in an answer.
    pub(crate) fn take_in(&mut self, answer: &Result<Resolution, ResolveError>, now: Instant) -> Change {
        self.pause = match answer {
            Ok(answer) => self.within(answer.ttl),
            Err(_) => self.within(self.pause * 2),
        };
        self.empty_since = match answer {
            Err(ResolveError::NoHosts(_)) => self.empty_since.or(Some(now)),
            _ => None,
        };
        match answer {
            Ok(answer) => self.update(answer),
            Err(_) if self.empty_since.is_some_and(|since| now - since >= BELIEVED) => self.clear(),
            Err(_) => Change::default(),
        }
    }

    fn within(&self, pause: Duration) -> Duration {
        pause.max(SHORTEST).min(self.longest)
    }

    fn update(&mut self, answer: &Resolution) -> Change {
        let mut before = std::mem::take(&mut self.present);
        let mut change = Change::default();
        let targets: BTreeMap<_, _> = answer.targets.iter().map(|target| (target.address, *target)).collect();
        for (address, target) in &targets {
            match before.remove(address) {
                None => change.come.push(*target),
                Some(known) if known != *target => change.changed.push(*target),
                Some(_) => {}
            }
        }
        self.present = targets;
        match answer.complete {
            true => change.gone = before.into_keys().collect(),
            false => self.present.append(&mut before),
        }
        change
    }

    fn clear(&mut self) -> Change {
        let gone = std::mem::take(&mut self.present).into_keys().collect();
        Change { gone, ..Change::default() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn target(host: u8) -> Target {
        Target { address: ([10, 0, 0, host], 8765).into(), weight: 1.0, priority: 0 }
    }

    fn answer(hosts: &[u8], complete: bool) -> Result<Resolution, ResolveError> {
        let targets = hosts.iter().map(|host| target(*host)).collect();
        Ok(Resolution { targets, ttl: Duration::from_secs(5), complete })
    }

    fn no_hosts() -> Result<Resolution, ResolveError> {
        Err(ResolveError::NoHosts("no such name".to_owned()))
    }

    fn failed() -> Result<Resolution, ResolveError> {
        Err(ResolveError::Failed("timed out".to_owned()))
    }

    fn after(seconds: u64) -> Instant {
        Instant::now() + Duration::from_secs(seconds)
    }

    fn roster() -> Roster {
        Roster::new(Duration::from_secs(30))
    }

    #[test]
    fn an_answer_says_who_comes_and_who_is_gone() {
        let (mut roster, now) = (roster(), after(0));
        assert_eq!(roster.take_in(&answer(&[2, 1], true), now).come, [target(1), target(2)]);
        let change = roster.take_in(&answer(&[2, 3], true), now);
        assert_eq!((change.come, change.gone), (vec![target(3)], vec![target(1).address]));
        assert_eq!(roster.take_in(&answer(&[3, 2, 3], true), now), Change::default());
    }

    #[test]
    fn a_part_of_an_answer_takes_nobody_away() {
        let (mut roster, now) = (roster(), after(0));
        roster.take_in(&answer(&[1, 2], true), now);
        let change = roster.take_in(&answer(&[3], false), now);
        assert_eq!((change.come, change.gone), (vec![target(3)], vec![]));
        assert_eq!(roster.take_in(&answer(&[3], true), now).gone.len(), 2);
    }

    #[test]
    fn a_new_weight_is_a_change_and_no_new_host() {
        let (mut roster, now) = (roster(), after(0));
        roster.take_in(&answer(&[1], true), now);
        let heavier = Target { weight: 2.0, ..target(1) };
        let answer = Ok(Resolution { targets: vec![heavier], ttl: Duration::ZERO, complete: true });
        let change = roster.take_in(&answer, now);
        assert_eq!(change, Change { changed: vec![heavier], ..Change::default() });
    }

    #[test]
    fn that_nobody_is_left_is_believed_after_a_minute_of_nothing_else() {
        let (mut roster, start) = (roster(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        roster.take_in(&answer(&[1], true), at(0));
        assert_eq!(roster.take_in(&no_hosts(), at(10)), Change::default());
        assert_eq!(roster.take_in(&failed(), at(50)), Change::default());
        assert_eq!(roster.take_in(&no_hosts(), at(60)), Change::default());
        assert_eq!(roster.take_in(&no_hosts(), at(119)), Change::default());
        assert_eq!(roster.take_in(&no_hosts(), at(120)).gone, [target(1).address]);
        assert_eq!(roster.take_in(&answer(&[1], true), at(121)).come, [target(1)]);
    }

    #[test]
    fn pauses_follow_the_ttl_within_bounds_and_grow_while_nobody_answers() {
        let (mut roster, now) = (roster(), after(0));
        let mut pause = |answer: &_| {
            roster.take_in(answer, now);
            roster.pause().as_secs()
        };
        let lasting =
            |seconds| Ok(Resolution { ttl: Duration::from_secs(seconds), ..answer(&[1], true).unwrap() });
        assert_eq!([lasting(0), lasting(5), lasting(3600)].map(|answer| pause(&answer)), [1, 5, 30]);
        assert_eq!([lasting(0), failed(), failed(), no_hosts()].map(|answer| pause(&answer)), [1, 2, 4, 8]);
        assert_eq!([failed(), failed(), failed()].map(|answer| pause(&answer)), [16, 30, 30]);
    }

    /// The hosts of an answer and whether they are all; `None` is a failure.
    type Said = Option<(BTreeSet<u8>, bool)>;

    /// Answers, and how many seconds after the last one each came.
    fn answers() -> impl Strategy<Value = Vec<(Said, u64)>> {
        let hosts = (prop::collection::btree_set(0u8..12, 1..8), prop::bool::weighted(0.8));
        prop::collection::vec((prop::option::weighted(0.8, hosts), 0u64..50), 1..40)
    }

    proptest! {
        #[test]
        fn whoever_follows_the_changes_has_the_last_whole_answer_and_what_was_added_since(answers in answers()) {
            let (mut roster, mut now) = (roster(), Instant::now());
            let (mut held, mut expected) = (BTreeSet::new(), BTreeSet::new());
            for (said, later) in answers {
                now += Duration::from_secs(later);
                let hosts = said.as_ref().map(|(hosts, _)| hosts.iter().copied().collect::<Vec<_>>());
                let whole = said.as_ref().is_some_and(|(_, whole)| *whole);
                let change = roster.take_in(&hosts.as_ref().map_or(failed(), |hosts| answer(hosts, whole)), now);
                for gone in &change.gone {
                    prop_assert!(held.remove(gone), "{gone} wasn't there");
                }
                for come in &change.come {
                    prop_assert!(held.insert(come.address), "{come:?} was there");
                }
                let addresses = hosts.unwrap_or_default().into_iter().map(|host| target(host).address);
                expected = if whole { addresses.collect() } else { &expected | &addresses.collect() };
                prop_assert_eq!(&held, &expected);
            }
        }
    }
}
