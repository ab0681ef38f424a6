//! Who holds how much of the memory for models, who is in use, and who has to go for a newcomer.
//!
//! The bytes of all models, those on their way in and out included, never exceed the limit. What is in use never has to go;
//! of the rest those go first that were used the longest ago, the defaults last. The ledger is pure: it frees and waits for
//! nothing.

use std::collections::BTreeMap;

use crate::batcher::ModelId;
use crate::model::ModelKey;

/// Bytes a MiB.
const MIB: u64 = 1024 * 1024;

/// See the module.
#[derive(Debug)]
pub(super) struct Ledger {
    limit: Option<u64>,
    clock: u64,
    entries: BTreeMap<ModelId, Entry>,
}

#[derive(Debug)]
struct Entry {
    key: ModelKey,
    /// Whether others go before it.
    default: bool,
    bytes: u64,
    uses: usize,
    used_at: u64,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Loading,
    Ready,
    Leaving,
}

/// What to do about a wish for memory.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// It is granted.
    Granted,
    /// These have to go first; nobody gets them any more.
    Evict(Vec<(ModelId, ModelKey)>),
    /// Others that are going free enough.
    Wait,
    /// There is none to be had now: who holds it, as the middle of a sentence.
    Full(String),
}

/// What becomes of a model that is asked to go.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// Nobody gets it any more; its memory can be freed.
    Now,
    /// It is in use, or on its way.
    Later,
    /// It isn't there.
    Gone,
}

impl Ledger {
    /// An empty one for so many bytes.
    pub(super) fn new(limit: Option<u64>) -> Self {
        Self { limit, clock: 0, entries: BTreeMap::new() }
    }

    /// Lists a model that will be loaded; it holds nothing yet.
    pub(super) fn open(&mut self, id: ModelId, key: ModelKey, default: bool) {
        let used_at = self.tick();
        let entry = Entry { key, default, bytes: 0, uses: 0, used_at, state: State::Loading };
        self.entries.insert(id, entry);
    }

    /// So many bytes more for a model on its way in.
    pub(super) fn reserve(&mut self, id: ModelId, bytes: u64) -> Room {
        let Some(limit) = self.limit else { return self.grant(id, bytes) };
        let missing = (self.held() + bytes).saturating_sub(limit);
        if missing == 0 {
            return self.grant(id, bytes);
        }
        let leaving = self.bytes_of(|entry| entry.state == State::Leaving);
        if leaving >= missing {
            return Room::Wait;
        }
        match self.victims(missing - leaving) {
            victims if victims.is_empty() => Room::Full(self.explain(id, bytes, limit)),
            victims => Room::Evict(self.send_off(victims)),
        }
    }

    /// Models that go although the ledger knows of no lack, because the device does: as many as free so many bytes, or all
    /// that can go.
    pub(super) fn evict(&mut self, bytes: u64) -> Vec<(ModelId, ModelKey)> {
        let idle = self.idle();
        let all = idle.iter().map(|id| self.entries[id].bytes).sum();
        let victims = self.victims(bytes.min(all));
        self.send_off(victims)
    }

    /// The model is in memory and takes so many bytes, which aren't more than it has reserved.
    pub(super) fn ready(&mut self, id: ModelId, bytes: u64) {
        if let Some(entry) = self.entries.get_mut(&id) {
            (entry.state, entry.bytes) = (State::Ready, bytes.min(entry.bytes));
        }
    }

    /// Somebody uses the model, or waits for it. False for one that is gone or going.
    pub(super) fn lease(&mut self, id: ModelId) -> bool {
        let now = self.tick();
        let entry = self.entries.get_mut(&id).filter(|entry| entry.state != State::Leaving);
        entry.map(|entry| (entry.uses, entry.used_at) = (entry.uses + 1, now)).is_some()
    }

    /// Somebody is done with the model.
    pub(super) fn release(&mut self, id: ModelId) {
        let now = self.tick();
        if let Some(entry) = self.entries.get_mut(&id) {
            (entry.uses, entry.used_at) = (entry.uses.saturating_sub(1), now);
        }
    }

    /// Asks a model to go.
    pub(super) fn leave(&mut self, id: ModelId) -> Leave {
        match self.entries.get_mut(&id) {
            None => Leave::Gone,
            Some(entry) if entry.is_idle() => {
                entry.state = State::Leaving;
                Leave::Now
            }
            Some(_) => Leave::Later,
        }
    }

    /// The model's memory is free.
    pub(super) fn gone(&mut self, id: ModelId) {
        self.entries.remove(&id);
    }

    /// Bytes that are held or reserved.
    pub(super) fn held(&self) -> u64 {
        self.bytes_of(|_| true)
    }

    /// What may be held.
    pub(super) fn limit(&self) -> Option<u64> {
        self.limit
    }

    fn grant(&mut self, id: ModelId, bytes: u64) -> Room {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.bytes += bytes;
        }
        Room::Granted
    }

    /// Enough idle models to free so many bytes; none where that can't be had.
    fn victims(&self, bytes: u64) -> Vec<ModelId> {
        let mut freed = 0;
        let mut victims = self.idle();
        let enough = victims.iter().position(|id| {
            freed += self.entries[id].bytes;
            freed >= bytes
        });
        victims.truncate(enough.map_or(0, |last| last + 1));
        victims
    }

    /// Idle models, the next one to go first.
    fn idle(&self) -> Vec<ModelId> {
        let mut idle: Vec<_> = self.entries.iter().filter(|(_, entry)| entry.is_idle()).collect();
        idle.sort_by_key(|(_, entry)| (entry.default, entry.used_at));
        idle.into_iter().map(|(id, _)| *id).collect()
    }

    fn send_off(&mut self, victims: Vec<ModelId>) -> Vec<(ModelId, ModelKey)> {
        let go = |id: ModelId| {
            let entry = self.entries.get_mut(&id)?;
            entry.state = State::Leaving;
            Some((id, entry.key.clone()))
        };
        victims.into_iter().filter_map(go).collect()
    }

    fn bytes_of(&self, which: impl Fn(&Entry) -> bool) -> u64 {
        self.entries.values().filter(|entry| which(entry)).map(|entry| entry.bytes).sum()
    }

    fn explain(&self, id: ModelId, bytes: u64, limit: u64) -> String {
        let wish = self.entries.get(&id).map_or(0, |entry| entry.bytes) + bytes;
        let budget = format!(
            "the model needs {} MiB of the {} MiB that GPU_MEMORY_BUDGET_MB allows",
            mib(wish),
            mib(limit)
        );
        let holds = |entry: &Entry| format!("{} ({} MiB)", entry.key.label(), mib(entry.bytes));
        let others = self.entries.iter().filter(|(other, entry)| **other != id && entry.bytes > 0);
        let others: Vec<String> = others.map(|(_, entry)| holds(entry)).collect();
        match others.is_empty() {
            true => budget,
            false => format!("{budget}; the rest is held, and in part in use, by {}", others.join(", ")),
        }
    }

    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }
}

impl Entry {
    fn is_idle(&self) -> bool {
        self.state == State::Ready && self.uses == 0
    }
}

/// Rounded up, so that what doesn't fit never looks as if it did.
fn mib(bytes: u64) -> u64 {
    bytes.div_ceil(MIB)
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
