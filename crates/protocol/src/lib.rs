//! The wire contract between the bridge and the GPU service.
//!
//! Both halves compile against these types, so a field can't drift between them. The crate is serde only: no
//! clock, no socket, no decision. Everything version 0.2 sent or answered keeps its name and shape; what came
//! later is optional on the way in, so that a bridge of today reads a service of 0.2.

#![forbid(unsafe_code)]

mod bertscore;
mod embed;
mod error;
mod health;
mod info;
mod load;
mod matrix;
mod models;
mod rerank;
mod status;
mod trace;
mod vectors;
mod vectors_header;

pub mod headers;
pub mod limits;

pub use bertscore::{BertScoreRequest, BertScoreResponse, References};
pub use embed::{EmbedRequest, EmbedResponse, Usage};
pub use error::{ErrorBody, ErrorCode};
pub use health::{HealthResponse, HealthStatus};
pub use info::{InfoResponse, Limits, ModelInfo};
pub use load::HostLoad;
pub use models::{LoadPhase, LoadingModel, ModelRequest};
pub use rerank::{Document, DocumentText, RankedDocument, RerankRequest, RerankResponse};
pub use status::{ActiveJob, QueueStatus, StatusResponse, Task};
pub use trace::TraceParent;
pub use vectors::{Vectors, VectorsError};
