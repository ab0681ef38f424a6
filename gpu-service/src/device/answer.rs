//! The way back from the device thread to a request: once, with the times that `server-timing` reports.

use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::isolate::Fault;
use crate::jobs::JobRecord;

/// A finished job.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished<T> {
    /// What it was for.
    pub value: T,
    /// When the device began with it.
    pub began: Instant,
    /// When the device was done with it.
    pub ended: Instant,
}

/// What a request waits for.
pub type Outcome<T> = Result<Finished<T>, Fault>;

/// Where the job's outcome goes.
#[derive(Debug)]
pub struct Answer<T> {
    record: Arc<JobRecord>,
    began: Option<Instant>,
    sender: Option<oneshot::Sender<Outcome<T>>>,
}

impl<T> Answer<T> {
    /// The two ends: the first for the device thread, the second for the request.
    pub fn new(record: Arc<JobRecord>) -> (Self, oneshot::Receiver<Outcome<T>>) {
        let (sender, receiver) = oneshot::channel();
        (Self { record, began: None, sender: Some(sender) }, receiver)
    }

    /// The first batch with the job's items starts.
    pub(super) fn begin(&mut self) {
        if self.began.is_none() {
            self.began = Some(Instant::now());
            self.record.begin();
        }
    }

    /// So many of the job's tokens are finished.
    pub(super) fn advance(&self, tokens: u32) {
        self.record.advance(tokens.into());
    }

    /// The job is done. Always true, so that callers can end on it.
    pub(super) fn give(&mut self, value: T) -> bool {
        let ended = Instant::now();
        self.send(Ok(Finished { value, began: self.began.unwrap_or(ended), ended }))
    }

    /// The job can't be done. Always true.
    pub(super) fn fail(&mut self, fault: Fault) -> bool {
        self.send(Err(fault))
    }

    fn send(&mut self, outcome: Outcome<T>) -> bool {
        if let Some(sender) = self.sender.take() {
            // The request may have gone away meanwhile; nobody is left to tell.
            drop(sender.send(outcome));
        }
        true
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::SystemTime;

    use gpu_bridge_protocol::Task;

    use super::*;
    use crate::jobs::{JobFacts, Jobs};

    pub(in crate::device) fn open<T>() -> (Answer<T>, oneshot::Receiver<Outcome<T>>) {
        let facts = JobFacts { request: "r".into(), task: Task::Embed, items: 1, model: "m".into() };
        let guard = Arc::new(Jobs::default()).open(facts, SystemTime::UNIX_EPOCH);
        Answer::new(Arc::clone(guard.record()))
    }

    #[test]
    fn a_job_answers_once() {
        let (mut answer, mut receiver) = open();
        answer.begin();
        answer.give(7);
        answer.fail(Fault::Failed("late".into()));
        let finished = receiver.try_recv().unwrap().unwrap();
        assert!(finished.value == 7 && finished.began <= finished.ended);
    }
}
