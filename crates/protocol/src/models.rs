//! `POST /models/load` and `POST /models/unload`, and the loads under way that `GET /status` lists.
//!
//! Both routes answer with the model's [`ModelInfo`](crate::ModelInfo): 200 once the model is in memory, or out of it; 202
//! where the load goes on after the service has waited for it as long as for any request, with an entry of name and task only.

use serde::{Deserialize, Serialize};

use crate::Task;

/// A model to bring into memory, or to put out of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelRequest {
    /// Its name.
    pub model: String,
    /// What it is used for.
    pub task: Task,
}

/// A model on its way into memory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadingModel {
    /// Its name.
    pub model: String,
    /// What it will be used for.
    pub task: Task,
    /// What is being done.
    pub phase: LoadPhase,
    /// Share of the phase that is done, from 0 to 1; 0 where that can't be known.
    pub progress: f64,
    /// Bytes of the phase that are done.
    pub bytes_done: u64,
    /// Bytes of the phase; 0 until they are known.
    pub bytes_total: u64,
    /// When the phase began: RFC 3339, in UTC.
    pub started_at: String,
}

/// What is being done about a model that isn't in memory yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LoadPhase {
    /// Its files come from the hub.
    Downloading,
    /// Its files go onto the device.
    Loading,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_and_a_load_are_written_in_the_words_of_the_protocol() {
        let request: ModelRequest = serde_json::from_str(r#"{"model":"org/x","task":"rerank"}"#).unwrap();
        assert_eq!((request.model.as_str(), request.task), ("org/x", Task::Rerank));
        assert_eq!(serde_json::to_string(&LoadPhase::Downloading).unwrap(), r#""downloading""#);
    }
}
