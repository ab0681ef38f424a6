//! Small models that the goldens describe and the tests make: their weights come from a formula.

// Each test binary uses its own part; a helper may unwrap as a test may.
#![allow(dead_code, unused_imports, unreachable_pub, clippy::unwrap_used)]

mod golden;
pub mod measure;
mod model;
pub mod table;
mod weights;

pub use golden::{Golden, all};
pub use model::{POSITIONS, VOCABULARY, WIDTH, write, write_model};
pub use weights::made;
