//! All slices of a call come from the same model.
//!
//! The first answer decides which. A host that answers as another model is left out of the rest of the call, and
//! what it answered is dropped. Where hosts are known to differ from earlier calls, the call begins with the fastest
//! group of those that agree; the others are asked only where none of that group is left.

use crate::host_id::HostId;
use crate::identity::Identity;
use crate::tried::Tried;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Consensus {
    bound: Option<(String, Identity)>,
    /// Answered as another model in this call.
    strangers: Vec<HostId>,
    /// Did so in an earlier one.
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
        let differs = |(_, _, identity): &&(HostId, f64, Identity)| {
            fastest.is_some_and(|(_, _, fastest)| identity != fastest)
        };
        let avoided = known.iter().filter(differs).map(|(host, _, _)| *host).collect();
        Self { avoided, ..Self::default() }
    }

    /// Takes in as what a host has answered.
    pub(crate) fn admit(
        &mut self,
        (host, name): (HostId, &str),
        identity: &Identity,
    ) -> Result<(), Mismatch> {
        let (with, expected) = self.bound.get_or_insert_with(|| (name.to_owned(), identity.clone()));
        if expected == identity {
            return Ok(());
        }
        let mismatch = Mismatch { with: with.clone(), expected: expected.clone() };
        self.strangers.push(host);
        Err(mismatch)
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
}
