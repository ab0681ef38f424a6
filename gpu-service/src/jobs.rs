//! The requests being worked on, as `/status` shows them.
//!
//! A record lives as long as its guard, and the guard as long as the request's handler: one whose client went away
//! disappears by itself. The device thread only adds to a record's counters.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::SystemTime;

use gpu_bridge_protocol::{ActiveJob, Task};
use parking_lot::Mutex;

use crate::queue::JobId;

/// All requests being worked on.
#[derive(Debug, Default)]
pub struct Jobs {
    records: Mutex<BTreeMap<JobId, Arc<JobRecord>>>,
    next: AtomicU64,
}

/// What a job is, told when it is opened.
#[derive(Debug, Clone)]
pub struct JobFacts {
    /// The request's id.
    pub request: String,
    /// What is asked for.
    pub task: Task,
    /// Texts or pairs.
    pub items: usize,
    /// As the request names it.
    pub model: String,
}

/// One request being worked on.
#[derive(Debug)]
pub struct JobRecord {
    id: JobId,
    facts: JobFacts,
    started_at: String,
    total: AtomicU64,
    done: AtomicU64,
    running: AtomicBool,
}

impl JobRecord {
    /// Names the job in the queue.
    pub fn id(&self) -> JobId {
        self.id
    }

    /// What is asked for.
    pub fn task(&self) -> Task {
        self.facts.task
    }

    /// Says how many tokens the job will cost, once they are counted.
    pub fn expect(&self, tokens: u64) {
        self.total.store(tokens, Relaxed);
    }

    /// The device has begun.
    pub fn begin(&self) {
        self.running.store(true, Relaxed);
    }

    /// So many tokens are finished.
    pub fn advance(&self, tokens: u64) {
        self.done.fetch_add(tokens, Relaxed);
    }

    fn progress(&self) -> f64 {
        let total = self.total.load(Relaxed);
        if total == 0 { 0.0 } else { (self.done.load(Relaxed) as f64 / total as f64).min(1.0) }
    }

    fn show(&self) -> ActiveJob {
        ActiveJob {
            id: self.facts.request.clone(),
            task: self.facts.task,
            started_at: self.started_at.clone(),
            items: self.facts.items,
            model: self.facts.model.clone(),
            progress: self.progress(),
        }
    }
}

/// Keeps a record listed.
#[derive(Debug)]
pub struct JobGuard {
    jobs: Arc<Jobs>,
    record: Arc<JobRecord>,
}

impl JobGuard {
    /// The record, for those who count.
    pub fn record(&self) -> &Arc<JobRecord> {
        &self.record
    }
}

impl Drop for JobGuard {
    fn drop(&mut self) {
        self.jobs.records.lock().remove(&self.record.id);
    }
}

impl Jobs {
    /// Lists a request, from `now` until the guard is dropped.
    pub fn open(self: &Arc<Self>, facts: JobFacts, now: SystemTime) -> JobGuard {
        let id = JobId(self.next.fetch_add(1, Relaxed));
        let record = Arc::new(JobRecord {
            id,
            facts,
            started_at: humantime::format_rfc3339_millis(now).to_string(),
            total: AtomicU64::new(0),
            done: AtomicU64::new(0),
            running: AtomicBool::new(false),
        });
        self.records.lock().insert(id, Arc::clone(&record));
        JobGuard { jobs: Arc::clone(self), record }
    }

    /// As `/status` shows them, oldest first.
    pub fn show(&self) -> Vec<ActiveJob> {
        self.records.lock().values().map(|record| record.show()).collect()
    }

    /// How many the device has begun.
    pub fn running(&self) -> usize {
        self.records.lock().values().filter(|record| record.running.load(Relaxed)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> JobFacts {
        JobFacts { request: "r-1".into(), task: Task::Embed, items: 2, model: "m".into() }
    }

    #[test]
    fn progress_moves_from_0_to_1_and_the_job_leaves_with_its_guard() {
        let jobs = Arc::new(Jobs::default());
        let guard = jobs.open(facts(), SystemTime::UNIX_EPOCH);
        let progress = || jobs.show()[0].progress;
        assert_eq!((progress(), jobs.running()), (0.0, 0));
        guard.record().expect(40);
        guard.record().begin();
        guard.record().advance(10);
        assert_eq!((progress(), jobs.running()), (0.25, 1));
        guard.record().advance(30);
        assert_eq!(progress(), 1.0);
        drop(guard);
        assert!(jobs.show().is_empty());
    }

    #[test]
    fn jobs_are_shown_oldest_first_with_their_start_in_utc() {
        let jobs = Arc::new(Jobs::default());
        let _first = jobs.open(facts(), SystemTime::UNIX_EPOCH);
        let _second = jobs.open(JobFacts { request: "r-2".into(), ..facts() }, SystemTime::UNIX_EPOCH);
        let shown = jobs.show();
        assert_eq!(shown.iter().map(|job| job.id.as_str()).collect::<Vec<_>>(), ["r-1", "r-2"]);
        assert_eq!(shown[0].started_at, "1970-01-01T00:00:00.000Z");
    }
}
