//! The fair queue: deficit round robin over requests, counted in tokens.
//!
//! Every request is a lane. A batch is drawn by going round the lanes that wait for the same class of work (one
//! model, one kind of pass) and letting each give [`QUANTUM`] tokens a round, until the token budget is spent. So a
//! bulk request fills whatever the others leave, and a short one that arrives is in the very next batch. Classes
//! take turns batch by batch, so that a busy model can't starve another.
//!
//! The queue is pure: it holds no tensor, knows no clock and never blocks.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use tokio::time::Instant;

/// Tokens a lane may give each time it is visited. A round over 64 lanes costs at most 8,192 tokens.
pub const QUANTUM: u64 = 128;

/// Names a request within this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// One unit of a request's work: a text to encode or a pair to match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item<C> {
    /// Only items of equal class share a batch.
    pub class: C,
    /// Which one of the request's.
    pub index: u32,
    /// What it costs, at least 1.
    pub tokens: u32,
}

/// An item in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Whose it is.
    pub job: JobId,
    /// Which one of the request's.
    pub index: u32,
    /// What it costs.
    pub tokens: u32,
}

/// Items that run in one pass, longest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch<C> {
    /// What all of them have in common.
    pub class: C,
    /// Never empty.
    pub entries: Vec<Entry>,
}

/// How much one batch may hold. A single item larger than that gets a batch to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Tokens.
    pub tokens: u64,
    /// Items.
    pub items: usize,
}

#[derive(Debug)]
struct Lane<C> {
    items: VecDeque<Item<C>>,
    deficit: u64,
    /// The quantum of the current turn was granted before the last batch ran full.
    in_turn: bool,
    deadline: Option<Instant>,
    ring: Option<C>,
}

/// See the module.
#[derive(Debug)]
pub struct Queue<C> {
    lanes: HashMap<JobId, Lane<C>>,
    /// Lanes by the class of their first item. No ring is empty.
    rings: HashMap<C, VecDeque<JobId>>,
    /// The classes of `rings`, next one first.
    turns: VecDeque<C>,
    tokens: u64,
}

impl<C> Default for Queue<C> {
    fn default() -> Self {
        Self { lanes: HashMap::new(), rings: HashMap::new(), turns: VecDeque::new(), tokens: 0 }
    }
}

impl<C: Copy + Eq + Hash> Queue<C> {
    /// Opens a lane with its first items.
    pub fn open(&mut self, job: JobId, deadline: Option<Instant>, items: Vec<Item<C>>) {
        let lane = Lane { items: VecDeque::new(), deficit: 0, in_turn: false, deadline, ring: None };
        self.lanes.insert(job, lane);
        self.add_first(job, items);
    }

    /// Puts items before all others of their lane. Does nothing once the lane is closed.
    pub fn add_first(&mut self, job: JobId, items: Vec<Item<C>>) {
        let Some(lane) = self.lanes.get_mut(&job) else { return };
        for item in items.into_iter().rev() {
            self.tokens += u64::from(item.tokens);
            lane.items.push_front(item);
        }
        self.place(job);
    }

    /// Forgets a lane and what is left in it. Says whether there was one.
    pub fn close(&mut self, job: JobId) -> bool {
        let Some(lane) = self.lanes.remove(&job) else { return false };
        self.tokens -= lane.items.iter().map(|item| u64::from(item.tokens)).sum::<u64>();
        if let Some(class) = lane.ring {
            self.leave(class, job);
        }
        true
    }

    /// Lanes whose deadline has passed. They stay until they are closed.
    pub fn expired(&self, now: Instant) -> Vec<JobId> {
        let late = |lane: &Lane<C>| lane.deadline.is_some_and(|deadline| deadline <= now);
        self.lanes.iter().filter(|(_, lane)| late(lane)).map(|(job, _)| *job).collect()
    }

    /// Tokens that wait.
    pub fn tokens(&self) -> u64 {
        self.tokens
    }

    /// The next batch, or `None` when nothing waits.
    pub fn draw(&mut self, budget: Budget) -> Option<Batch<C>> {
        let class = self.turns.pop_front()?;
        let mut ring = self.rings.remove(&class).unwrap_or_default();
        let mut draw = Draw { budget, tokens: 0, entries: Vec::new() };
        while let Some(job) = ring.pop_front() {
            match self.visit(job, class, &mut draw) {
                Visit::Spent => ring.push_back(job),
                Visit::Left => self.place(job),
                Visit::Full => {
                    ring.push_front(job);
                    break;
                }
            }
        }
        if !ring.is_empty() {
            self.rings.insert(class, ring);
            self.turns.push_back(class);
        }
        self.tokens -= draw.tokens;
        draw.entries.sort_by_key(|entry| std::cmp::Reverse(entry.tokens));
        Some(Batch { class, entries: draw.entries })
    }

    /// Lets one lane give what its turn allows.
    fn visit(&mut self, job: JobId, class: C, draw: &mut Draw) -> Visit {
        let Some(lane) = self.lanes.get_mut(&job) else { return Visit::Left };
        if !std::mem::replace(&mut lane.in_turn, true) {
            lane.deficit += QUANTUM;
        }
        while let Some(item) = lane.items.front().copied().filter(|item| item.class == class) {
            if u64::from(item.tokens) > lane.deficit {
                lane.in_turn = false;
                return Visit::Spent;
            }
            if !draw.fits(item.tokens) {
                return Visit::Full;
            }
            lane.deficit -= u64::from(item.tokens);
            lane.items.pop_front();
            draw.push(Entry { job, index: item.index, tokens: item.tokens });
        }
        (lane.deficit, lane.in_turn, lane.ring) = (0, false, None);
        Visit::Left
    }

    /// Puts a lane into the ring of its first item.
    fn place(&mut self, job: JobId) {
        let Some(lane) = self.lanes.get_mut(&job) else { return };
        let (old, new) = (lane.ring, lane.items.front().map(|item| item.class));
        if old == new {
            return;
        }
        lane.ring = new;
        if let Some(class) = old {
            self.leave(class, job);
        }
        if let Some(class) = new {
            self.enter(class, job);
        }
    }

    fn enter(&mut self, class: C, job: JobId) {
        let ring = self.rings.entry(class).or_default();
        if ring.is_empty() && !self.turns.contains(&class) {
            self.turns.push_back(class);
        }
        ring.push_back(job);
    }

    fn leave(&mut self, class: C, job: JobId) {
        let Some(ring) = self.rings.get_mut(&class) else { return };
        ring.retain(|other| *other != job);
        if ring.is_empty() {
            self.rings.remove(&class);
            self.turns.retain(|other| *other != class);
        }
    }
}

/// What a visit to a lane ended with.
enum Visit {
    /// The lane has more than its turn allows.
    Spent,
    /// The lane has nothing more of this class.
    Left,
    /// The batch has no room for the lane's next item.
    Full,
}

struct Draw {
    budget: Budget,
    tokens: u64,
    entries: Vec<Entry>,
}

impl Draw {
    fn fits(&self, tokens: u32) -> bool {
        let within = self.tokens + u64::from(tokens) <= self.budget.tokens;
        self.entries.is_empty() || (within && self.entries.len() < self.budget.items)
    }

    fn push(&mut self, entry: Entry) {
        self.tokens += u64::from(entry.tokens);
        self.entries.push(entry);
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
