//! All slices of a call come from the same model.
//!
//! The first answer decides which. A host that answers as another model is left out of the rest of the call, and
//! what it answered is dropped. Where hosts are known to differ from earlier calls, the call begins with the fastest
//! group of those that agree, and with those that aren't known; once the first answer has decided, the group is those that
//! agree with it. The others are asked only where nobody else is left.

use crate::host_id::HostId;
use crate::identity::Identity;
use crate::tried::Tried;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Consensus {
    bound: Option<(String, Identity)>,
    /// Answered as another model in this call.
    strangers: Vec<HostId>,
    /// As what hosts answered last, in earlier calls.
    known: Vec<(HostId, Identity)>,
    /// Those of them that aren't of the group.
    avoided: Vec<HostId>,
}

/// The answer came from another model than that of an earlier slice.
#[derive(Debug)]
pub(crate) struct Mismatch {
    /// The name of the host whose answer decided.
    pub(crate) with: String,
    pub(crate) expected: Identity,
}

impl Mismatch {
    /// For people: as what the host answered, and as what the other had before.
    pub(crate) fn describe(&self, own: &Identity) -> String {
        let (own, with, expected) = (own.describe(), &self.with, self.expected.describe());
        format!("answered as {own} where {with} had answered as {expected}")
    }
}

impl Consensus {
    /// `known` are the hosts, their speeds and as what they answered last.
    pub(crate) fn new(known: &[(HostId, f64, Identity)]) -> Self {
        let speed = |identity: &Identity| -> f64 {
            known.iter().filter(|(_, _, other)| other == identity).map(|(_, speed, _)| speed).sum()
        };
        let fastest = known.iter().max_by(|a, b| speed(&a.2).total_cmp(&speed(&b.2)));
        let fastest = fastest.map(|(_, _, identity)| identity.clone());
        let known = known.iter().map(|(host, _, identity)| (*host, identity.clone())).collect();
        let mut consensus = Self { known, ..Self::default() };
        fastest.iter().for_each(|identity| consensus.avoid_all_but(identity));
        consensus
    }

    fn avoid_all_but(&mut self, group: &Identity) {
        let differ = self.known.iter().filter(|(_, identity)| identity != group);
        self.avoided = differ.map(|(host, _)| *host).collect();
    }

    /// Takes in as what a host has answered.
    pub(crate) fn admit(
        &mut self,
        (host, name): (HostId, &str),
        identity: &Identity,
    ) -> Result<(), Mismatch> {
        let Some((with, expected)) = &self.bound else {
            self.bound = Some((name.to_owned(), identity.clone()));
            self.avoid_all_but(identity);
            return Ok(());
        };
        if expected == identity {
            return Ok(());
        }
        self.strangers.push(host);
        Err(Mismatch { with: with.clone(), expected: expected.clone() })
    }

    /// What a lot may try in this call.
    pub(crate) fn narrow(&self, tried: &Tried) -> Tried {
        let mut narrow = tried.clone();
        self.strangers.iter().chain(&self.avoided).for_each(|&host| narrow.bar(host));
        narrow
    }

    /// Nobody else is left: asks the hosts that differed in an earlier call. `false` where there are none.
    pub(crate) fn widen(&mut self) -> bool {
        !std::mem::take(&mut self.avoided).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(consensus: &Consensus) -> Vec<usize> {
        let tried = consensus.narrow(&Tried::default());
        (0..3).filter(|&index| tried.allows(HostId::new(index))).collect()
    }

    #[test]
    fn the_first_answer_decides_and_who_differs_is_left_out() {
        let mut consensus = Consensus::default();
        let (one, other) = (Identity::named("a"), Identity::named("b"));
        assert!(consensus.admit((HostId::new(1), "h1"), &one).is_ok());
        let mismatch = consensus.admit((HostId::new(0), "h0"), &other).unwrap_err();
        assert_eq!((mismatch.with, mismatch.expected), ("h1".to_owned(), one));
        assert_eq!(allowed(&consensus), [1, 2]);
        assert!(!consensus.widen(), "a stranger stays one");
    }

    #[test]
    fn the_fastest_group_is_asked_first() {
        let known = [(0, 5.0, "a"), (1, 3.0, "b"), (2, 3.0, "b")];
        let known = known.map(|(host, speed, name)| (HostId::new(host), speed, Identity::named(name)));
        let mut consensus = Consensus::new(&known);
        assert_eq!(allowed(&consensus), [1, 2]);
        assert!(consensus.widen() && !consensus.widen());
        assert_eq!(allowed(&consensus), [0, 1, 2]);
    }

    #[test]
    fn where_the_first_answer_is_not_the_fastest_groups_those_that_agree_with_it_are_asked() {
        let known = [(0, 5.0, "a"), (1, 3.0, "b")];
        let known = known.map(|(host, speed, name)| (HostId::new(host), speed, Identity::named(name)));
        let mut consensus = Consensus::new(&known);
        assert_eq!(allowed(&consensus), [0, 2], "what 2 is isn't known");
        assert!(consensus.admit((HostId::new(2), "h2"), &Identity::named("b")).is_ok());
        assert_eq!(allowed(&consensus), [1, 2]);
    }
}
