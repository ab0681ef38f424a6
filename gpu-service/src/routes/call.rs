//! What the compute routes share: a request on its way from body to answer.

use std::time::{Duration, SystemTime};

use axum::extract::Request;
use axum::response::Response;
use gpu_bridge_protocol::{Task, headers};
use http::HeaderValue;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::batcher::{Class, Submission};
use crate::body;
use crate::deadline::Deadline;
use crate::device::answer::{Finished, Outcome};
use crate::device::isolate::Fault;
use crate::device::{Job, Message};
use crate::error::ServiceError;
use crate::jobs::{JobFacts, JobGuard};
use crate::model::Model;
use crate::model_name::ModelName;
use crate::queue::Item;
use crate::request_id::RequestId;
use crate::service::Shared;
use crate::timing::Phases;

/// One compute request.
pub(super) struct Call {
    /// The service it is for.
    pub(super) service: Shared,
    id: RequestId,
    deadline: Deadline,
}

impl Call {
    /// Reads the request's body and takes it apart.
    pub(super) async fn read<T>(service: Shared, request: Request) -> Result<(Self, T), ServiceError>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let id = request.extensions().get().cloned().unwrap_or(RequestId(String::new()));
        let deadline = request.extensions().get().copied().unwrap_or_default();
        let bytes = body::read(request.into_body(), service.config.max_body_bytes()).await?;
        let value = service.workers.run(bytes.len(), move || body::parse(&bytes)).await??;
        Ok((Self { service, id, deadline }, value))
    }

    /// Lists the request in `/status` until the guard is dropped.
    pub(super) fn open(&self, task: Task, items: usize, model: &ModelName) -> JobGuard {
        let facts = JobFacts { request: self.id.0.clone(), task, items, model: model.to_string() };
        self.service.jobs.open(facts, SystemTime::now())
    }

    /// Queues a job and waits for its outcome.
    pub(super) async fn work<T>(
        &self,
        guard: &JobGuard,
        items: Vec<Item<Class>>,
        job: Job,
        answer: oneshot::Receiver<Outcome<T>>,
    ) -> Result<Finished<T>, ServiceError> {
        let id = guard.record().id();
        let message = Message::Start(id, Box::new(job));
        let work = Submission { job: id, deadline: self.deadline.at(), items, message };
        let outcome = self.service.queue.submit(work, answer).answer().await;
        outcome.ok_or_else(|| self.dropped())?.map_err(|fault| self.refuse(fault, guard.record().task()))
    }

    /// The job left the queue without an outcome.
    fn dropped(&self) -> ServiceError {
        let gone = || ServiceError::InferenceFailed {
            reason: "the device takes no more work; ask /health why".to_owned(),
        };
        self.deadline.passed(Instant::now()).unwrap_or_else(gone)
    }

    fn refuse(&self, fault: Fault, task: Task) -> ServiceError {
        match fault {
            Fault::Failed(reason) | Fault::Broken(reason) => ServiceError::InferenceFailed { reason },
            Fault::NonFinite(place) => ServiceError::NonFiniteOutput { item: item(task, place) },
            Fault::OutOfMemory(reason) => ServiceError::OutOfMemory {
                reason,
                retry_after: self.service.throughput.seconds_for(self.service.queue.queued_tokens()),
            },
        }
    }
}

/// What a fault is about, as the request has it. A text that is scored may be in many pairs.
fn item(task: Task, place: Option<usize>) -> String {
    match (task, place) {
        (Task::Embed, Some(index)) => format!("`texts[{index}]`"),
        (Task::Rerank, Some(index)) => format!("`documents[{index}]`"),
        _ => "one of the texts".to_owned(),
    }
}

/// A name that a request gives, else the default.
pub(super) fn model_name(
    field: &str,
    asked: Option<&str>,
    default: &ModelName,
) -> Result<ModelName, ServiceError> {
    asked.map_or_else(|| Ok(default.clone()), |asked| parsed_name(field, asked))
}

/// A name that a request gives.
pub(super) fn parsed_name(field: &str, asked: &str) -> Result<ModelName, ServiceError> {
    asked.parse().map_err(|error: crate::model_name::BadModelName| {
        ServiceError::invalid_field(field, error.to_string())
    })
}

/// Adds what every compute reply carries.
pub(super) fn stamp(mut response: Response, model: &Model, phases: Phases) -> Response {
    response.extensions_mut().insert(phases);
    if let Ok(value) = HeaderValue::from_str(&model.facts.fingerprint) {
        response.headers_mut().insert(headers::MODEL_FINGERPRINT, value);
    }
    response
}

/// Where the time went between the end of tokenisation and the job's end.
pub(super) fn phases<T>(tokenize: Duration, queued: Instant, finished: &Finished<T>) -> Phases {
    Phases {
        queue: finished.began.saturating_duration_since(queued),
        tokenize,
        inference: finished.ended.saturating_duration_since(finished.began),
    }
}
