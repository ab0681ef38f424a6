//! `GET /status`: what a host is doing.

use serde::{Deserialize, Serialize};

use crate::LoadingModel;

/// The queue and the jobs of a service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusResponse {
    /// How full the service is.
    pub queue: QueueStatus,
    /// The requests it works on, oldest first.
    pub active_jobs: Vec<ActiveJob>,
    /// The models on their way into memory, oldest first. Services of 0.2 don't say.
    #[serde(default)]
    pub loading: Vec<LoadingModel>,
}

/// How full a service is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueueStatus {
    /// Requests taken at once.
    pub max_concurrent: usize,
    /// Requests taken now.
    pub in_flight: usize,
    /// Requests that would still be taken.
    pub available_slots: usize,
    /// Requests whose work hasn't started.
    #[serde(default)]
    pub waiting_estimate: usize,
    /// Tokens that wait for the device. Services of 0.2 don't say.
    #[serde(default)]
    pub queued_tokens: u64,
    /// Measured over the last batches; 0 before the first. Services of 0.2 don't say.
    #[serde(default)]
    pub tokens_per_second: f64,
}

/// One request a service works on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActiveJob {
    /// The request's id.
    pub id: String,
    /// What it asks for.
    #[serde(rename = "type")]
    pub task: Task,
    /// RFC 3339, in UTC.
    pub started_at: String,
    /// Texts or pairs.
    pub items: usize,
    /// The model it runs on.
    pub model: String,
    /// From 0 to 1, as items finish.
    pub progress: f64,
}

/// What a model is used for; in the order of the words on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// Candidates against references.
    Bertscore,
    /// Texts to vectors.
    Embed,
    /// Documents by relevance to a query.
    Rerank,
}

impl Task {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Embed => "embed",
            Self::Bertscore => "bertscore",
            Self::Rerank => "rerank",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_a_0_2_service_is_read() {
        let body = r#"{"queue":{"max_concurrent":2,"in_flight":1,"available_slots":1,"waiting_estimate":0},
            "active_jobs":[{"id":"1","type":"embed","started_at":"2026-02-27T10:00:00+00:00","items":3,
            "model":"all-MiniLM-L6-v2","progress":0.5}]}"#;
        let status: StatusResponse = serde_json::from_str(body).unwrap();
        assert_eq!((status.queue.queued_tokens, status.active_jobs[0].task), (0, Task::Embed));
        assert!(status.loading.is_empty());
    }
}
