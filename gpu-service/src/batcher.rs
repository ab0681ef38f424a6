//! Where requests hand work to the device thread.
//!
//! The device thread draws a batch the moment it is free: drawing costs microseconds, because texts come here as
//! tokens, so a query that arrived while a batch ran rides in the very next one, and an idle device starts at once.
//! No timer anywhere. Messages (a model, a new job, a job that ended) come before batches, in the order they
//! were sent, so a batch never names a job the device hasn't met.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::queue::{Batch, Budget, Item, JobId, Queue};

/// Names a loaded model within this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelId(pub u64);

/// The kind of pass over the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pass {
    /// Texts through the model.
    Encode,
    /// Candidates against references.
    Match,
}

/// What items must have in common to share a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Class {
    /// The model.
    pub model: ModelId,
    /// The pass.
    pub pass: Pass,
}

/// What the device thread does next.
#[derive(Debug)]
pub enum Work<M> {
    /// Something was sent to it.
    Message(M),
    /// The job ended early: whatever is kept for it can go.
    Closed(JobId),
    /// A batch to run.
    Batch(Batch<Class>),
}

/// See the module.
#[derive(Debug)]
pub struct Batcher<M> {
    budget: Budget,
    state: Mutex<State<M>>,
    wake: Condvar,
}

#[derive(Debug)]
struct State<M> {
    inbox: VecDeque<Work<M>>,
    queue: Queue<Class>,
    stopped: bool,
}

/// A job to hand over.
#[derive(Debug)]
pub struct Submission<M> {
    /// Its name.
    pub job: JobId,
    /// When its caller stops waiting.
    pub deadline: Option<Instant>,
    /// Its first items.
    pub items: Vec<Item<Class>>,
    /// What the device thread needs to know of it.
    pub message: M,
}

impl<M> Batcher<M> {
    /// An empty one, whose batches stay within `budget`.
    pub fn new(budget: Budget) -> Self {
        let state = State { inbox: VecDeque::new(), queue: Queue::default(), stopped: false };
        Self { budget, state: Mutex::new(state), wake: Condvar::new() }
    }

    /// Sends the device thread something that isn't a job. Dropped where the thread has ended.
    pub fn send(&self, message: M) {
        let mut state = self.state.lock();
        if !state.stopped {
            state.inbox.push_back(Work::Message(message));
            self.wake.notify_one();
        }
    }

    /// Queues a job. Its answer comes through `answer`; dropping the ticket takes the job out of the queue.
    pub fn submit<T>(self: &Arc<Self>, work: Submission<M>, answer: oneshot::Receiver<T>) -> Ticket<M, T> {
        let mut state = self.state.lock();
        let ticket = Ticket { job: work.job, batcher: Arc::clone(self), answer };
        if !state.stopped {
            state.inbox.push_back(Work::Message(work.message));
            state.queue.open(work.job, work.deadline, work.items);
            self.wake.notify_one();
        }
        drop(state);
        ticket
    }

    /// Adds items that follow from finished ones; they come before what is left of the job.
    pub fn follow(&self, job: JobId, items: Vec<Item<Class>>) {
        self.state.lock().queue.add_first(job, items);
    }

    /// Takes a job out of the queue; one that is still known is reported to the device thread.
    pub fn close(&self, job: JobId) {
        let mut state = self.state.lock();
        if state.queue.close(job) {
            state.inbox.push_back(Work::Closed(job));
            self.wake.notify_one();
        }
    }

    /// Tokens that wait.
    pub fn queued_tokens(&self) -> u64 {
        self.state.lock().queue.tokens()
    }

    /// Ends the device thread: it gets nothing more, and jobs submitted from now on end at once.
    pub fn stop(&self) {
        let mut state = self.state.lock();
        (state.stopped, state.queue) = (true, Queue::default());
        state.inbox.clear();
        self.wake.notify_all();
    }

    /// Whether [`stop`](Self::stop) was called.
    pub fn stopped(&self) -> bool {
        self.state.lock().stopped
    }

    /// What to do next; waits for it. `None` once stopped. `clock` tells the time when a batch is about to be drawn.
    pub fn next(&self, clock: impl Fn() -> Instant) -> Option<Work<M>> {
        let mut state = self.state.lock();
        loop {
            if state.stopped {
                return None;
            }
            if let Some(work) = state.take(self.budget, clock()) {
                return Some(work);
            }
            self.wake.wait(&mut state);
        }
    }
}

impl<M> State<M> {
    fn take(&mut self, budget: Budget, now: Instant) -> Option<Work<M>> {
        if self.inbox.is_empty() {
            for job in self.queue.expired(now) {
                self.queue.close(job);
                self.inbox.push_back(Work::Closed(job));
            }
        }
        self.inbox.pop_front().or_else(|| self.queue.draw(budget).map(Work::Batch))
    }
}

/// A job in the queue. Dropped before its answer came, it leaves the queue before it costs anything more.
#[derive(Debug)]
pub struct Ticket<M, T> {
    job: JobId,
    batcher: Arc<Batcher<M>>,
    answer: oneshot::Receiver<T>,
}

impl<M, T> Ticket<M, T> {
    /// Waits for the answer. `None`: the job was dropped, since its deadline passed or the device thread ended.
    pub async fn answer(mut self) -> Option<T> {
        (&mut self.answer).await.ok()
    }
}

impl<M, T> Drop for Ticket<M, T> {
    fn drop(&mut self) {
        self.batcher.close(self.job);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const CLASS: Class = Class { model: ModelId(1), pass: Pass::Encode };

    fn batcher() -> Arc<Batcher<&'static str>> {
        Arc::new(Batcher::new(Budget { tokens: 100, items: 10 }))
    }

    fn submission(job: u64, deadline: Option<Instant>) -> Submission<&'static str> {
        let items = vec![Item { class: CLASS, index: 0, tokens: 5 }];
        Submission { job: JobId(job), deadline, items, message: "job" }
    }

    fn kinds(batcher: &Batcher<&'static str>, now: Instant, count: usize) -> Vec<String> {
        let name = |work: Work<&'static str>| match work {
            Work::Message(message) => message.to_owned(),
            Work::Closed(job) => format!("closed {}", job.0),
            Work::Batch(batch) => format!("batch of {}", batch.entries.len()),
        };
        (0..count).map(|_| name(batcher.next(|| now).unwrap())).collect()
    }

    #[test]
    fn messages_come_before_batches_in_their_order() {
        let (batcher, now) = (batcher(), Instant::now());
        batcher.send("model");
        let (_sender, receiver) = oneshot::channel::<()>();
        let _ticket = batcher.submit(submission(1, None), receiver);
        assert_eq!(kinds(&batcher, now, 3), ["model", "job", "batch of 1"]);
    }

    #[test]
    fn a_dropped_ticket_takes_its_work_out_of_the_queue() {
        let (batcher, now) = (batcher(), Instant::now());
        let (_sender, receiver) = oneshot::channel::<()>();
        drop(batcher.submit(submission(1, None), receiver));
        assert_eq!(batcher.queued_tokens(), 0);
        assert_eq!(kinds(&batcher, now, 2), ["job", "closed 1"]);
    }

    #[test]
    fn work_whose_deadline_passed_never_reaches_the_device() {
        let (batcher, now) = (batcher(), Instant::now());
        let (_sender, receiver) = oneshot::channel::<()>();
        let _ticket = batcher.submit(submission(1, Some(now + Duration::from_millis(1))), receiver);
        assert_eq!(kinds(&batcher, now + Duration::from_millis(1), 2), ["job", "closed 1"]);
        assert_eq!(batcher.queued_tokens(), 0);
    }

    #[tokio::test]
    async fn after_the_stop_nothing_is_handed_out_and_nobody_waits_for_ever() {
        let batcher = batcher();
        batcher.stop();
        let (sender, receiver) = oneshot::channel::<()>();
        let ticket = batcher.submit(submission(1, None), receiver);
        drop(sender);
        assert!(ticket.answer().await.is_none());
        assert!(batcher.next(Instant::now).is_none());
    }

    #[test]
    fn an_idle_device_wakes_for_new_work() {
        let batcher = batcher();
        let device = std::thread::spawn({
            let batcher = Arc::clone(&batcher);
            move || kinds(&batcher, Instant::now(), 2)
        });
        let (_sender, receiver) = oneshot::channel::<()>();
        let _ticket = batcher.submit(submission(1, None), receiver);
        assert_eq!(device.join().unwrap(), ["job", "batch of 1"]);
    }
}
