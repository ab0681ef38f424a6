//! The orchestration core: embedding and BERTScore work over a pool of GPU hosts.
//!
//! Data flows one way: a request is checked ([`Config`], input limits), the pool picks a host, the transport
//! carries the request there, the outcome goes back to the pool, and the caller gets the answer or one
//! [`Error`] that says what every host had to say. The pool is a pure state machine; time is
//! `tokio::time`, randomness a seed, and the transport a trait, so that a simulated fleet can take the
//! network's place.

#![forbid(unsafe_code)]

mod affinity;
mod api_key;
mod appraisal;
mod attempt;
mod attempt_log;
mod backlog;
mod balancer;
mod batch;
mod bertscore;
mod breaker;
mod bridge;
mod budget;
mod call_progress;
mod call_tally;
mod candidate;
mod clients;
mod config;
mod config_error;
mod consensus;
mod deadline;
mod demand;
mod dialect;
mod dispatch;
mod dispatcher;
mod eligible;
mod embed;
mod end;
mod endpoint;
mod engine;
mod engine_check;
mod error;
mod exchange;
mod fleet;
mod gauge;
mod gpu_bridge;
mod health;
mod hedge;
mod held;
mod host;
mod host_client;
mod host_config;
mod host_id;
mod host_limits;
mod host_metrics;
mod host_protocol;
mod host_tally;
mod host_tls;
mod host_url;
mod hosts;
mod identity;
mod item_index;
mod journal;
mod latency;
mod lease;
mod least_busy;
mod loaded;
mod lot;
mod member;
mod metrics;
mod missing;
mod openai;
mod openai_answer;
mod openai_refusal;
mod outcome;
mod own_certificate;
mod panic_mode;
mod pool;
mod portrait;

mod proxies;
mod ranking;
mod raw_config;
mod reason;
mod reqwest_transport;
mod rerank;
mod retry_after;
mod round_robin;
mod scatter;
mod setting;
mod slice_size;
mod slow_start;
mod snapshot;
mod speed;
mod spread;
mod standing;
mod success_ratio;
mod survey;
mod tls;
mod trace;
mod transport;
mod tried;
mod vigil;
mod work;

pub use balancer::LoadBalancing;
pub use breaker::BreakerState;
pub use bridge::{Bridge, CallOptions};
pub use call_progress::{CallProgress, OnProgress};
pub use config::Config;
pub use config_error::ConfigError;
pub use endpoint::Endpoint;
pub use error::{Attempt, Code, Error};
pub use fleet::{Fleet, FleetStatus, HostAnswer, HostFault, HostJob};
pub use gpu_bridge_metrics::CONTENT_TYPE as METRICS_CONTENT_TYPE;
pub use gpu_bridge_protocol as protocol;
pub use host::HostHealth;
pub use host_protocol::Protocol;
pub use host_tls::HostTls;
pub use proxies::Proxies;
pub use reqwest_transport::ReqwestTransport;
pub use snapshot::HostSnapshot;
pub use tokio_util::sync::CancellationToken;
pub use trace::TraceContext;
pub use transport::{HostReply, HostRequest, Transport, TransportError};
