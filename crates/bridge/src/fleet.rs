//! What the whole fleet answers to one question.
//!
//! It has the fields of one host at its top, as version 0.2 had them, and beside them `hosts`: each host's own
//! answer, or what kept it from giving one. [`survey`](crate::survey) gathers it.

use gpu_bridge_protocol::{ActiveJob, LoadingModel, QueueStatus, StatusResponse};
use serde::Serialize;

use crate::fault::Fault;
use crate::host_config::HostConfig;

/// The fleet's answer: the best host's fields, and `hosts`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fleet<T> {
    /// The best host's answer.
    #[serde(flatten)]
    pub best: T,
    /// Every host, in the order of the configuration.
    pub hosts: Vec<HostAnswer<T>>,
}

/// What one host answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HostAnswer<T> {
    /// Its name in the configuration.
    pub name: String,
    /// Its address; holds no credentials.
    pub url: String,
    /// Its answer, if it gave one.
    #[serde(flatten)]
    pub answer: Option<T>,
    /// Why it gave none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<HostFault>,
}

/// Why a host gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostFault {
    /// For programs; see [`Attempt::code`](crate::Attempt::code).
    pub code: String,
    /// For people.
    pub message: String,
}

/// `/status` of the fleet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FleetStatus {
    /// The queue of the host with the most room.
    pub queue: QueueStatus,
    /// The jobs of all hosts.
    pub active_jobs: Vec<HostJob>,
    /// The models that hosts are loading.
    pub loading: Vec<HostLoading>,
    /// Every host, in the order of the configuration.
    pub hosts: Vec<HostAnswer<StatusResponse>>,
}

/// A job, and where it runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HostJob {
    /// The job as its host tells it.
    #[serde(flatten)]
    pub job: ActiveJob,
    /// The host's name.
    pub host: String,
}

/// A model on its way into memory, and where.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HostLoading {
    /// The model as its host tells of it.
    #[serde(flatten)]
    pub model: LoadingModel,
    /// The host's name.
    pub host: String,
}

impl Fleet<StatusResponse> {
    /// Puts the jobs of all hosts in one list, and the models that they load in another.
    pub(crate) fn into_status(self) -> FleetStatus {
        let answers = || self.hosts.iter().filter_map(|host| Some((&host.name, host.answer.as_ref()?)));
        let jobs = answers().flat_map(|(host, answer)| {
            answer.active_jobs.iter().map(|job| HostJob { job: job.clone(), host: host.clone() })
        });
        let loading = answers().flat_map(|(host, answer)| {
            answer.loading.iter().map(|model| HostLoading { model: model.clone(), host: host.clone() })
        });
        let (active_jobs, loading) = (jobs.collect(), loading.collect());
        FleetStatus { queue: self.best.queue, active_jobs, loading, hosts: self.hosts }
    }
}

impl<T> HostAnswer<T> {
    pub(crate) fn new(host: &HostConfig, finding: Result<T, Fault>) -> Self {
        let (answer, error) = match finding {
            Ok(answer) => (Some(answer), None),
            Err(Fault { code, message, .. }) => (None, Some(HostFault { code: code.to_owned(), message })),
        };
        Self { name: host.name.clone(), url: host.url.to_string(), answer, error }
    }
}
