//! The name of a host among all that its bridge has ever had.

/// Stands for one stay of one host in the pool. Never given twice, so that whoever remembers a host that has left takes
/// no other one for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct HostId(usize);

/// A host by its id, and its name for people.
pub(crate) type Named<'a> = (HostId, &'a str);

impl HostId {
    pub(crate) fn new(index: usize) -> Self {
        Self(index)
    }

    /// The one after it.
    pub(crate) fn next(self) -> Self {
        Self(self.0 + 1)
    }

    #[cfg(test)]
    pub(crate) fn index(self) -> usize {
        self.0
    }
}
