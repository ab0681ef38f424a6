//! Bytes that have come and bytes that are due, read by whoever wants to know while a fetch runs.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// See the module.
#[derive(Debug, Default)]
pub struct Meter {
    done: AtomicU64,
    total: AtomicU64,
}

impl Meter {
    /// So many bytes are due in all.
    pub fn expect(&self, bytes: u64) {
        self.total.store(bytes, Relaxed);
    }

    /// So many more have come.
    pub(crate) fn add(&self, bytes: u64) {
        self.done.fetch_add(bytes, Relaxed);
    }

    /// So many that had come are of no use.
    pub(super) fn take_back(&self, bytes: u64) {
        self.done.fetch_sub(bytes, Relaxed);
    }

    /// Bytes that have come, and bytes that are due in all: 0 until that is known.
    pub fn read(&self) -> (u64, u64) {
        (self.done.load(Relaxed), self.total.load(Relaxed))
    }
}
