//! One file a route: from a request to its answer, in the order things happen.

pub mod bertscore;
pub mod embed;
pub mod fallback;
pub mod health;
pub mod info;
pub mod metrics;
pub mod models;
pub mod rerank;
pub mod status;

mod call;
