//! What both halves count with, and how it is written: OpenMetrics text 1.0, which Prometheus and its kin read.
//!
//! A count is a plain number beside what it counts, under the lock that is held anyway; names, labels and text come into
//! being when somebody asks. So counting costs nanoseconds, what is gone takes its counts along, and nothing is global:
//! every bridge and every service has numbers of its own.

#![forbid(unsafe_code)]

mod exposition;
mod histogram;
#[cfg(any(test, feature = "reading"))]
mod reading;
mod tally;
mod timings;

pub use exposition::{CONTENT_TYPE, Families, Labels, expose};
pub use histogram::Histogram;
#[cfg(any(test, feature = "reading"))]
pub use reading::Read;
pub use tally::Tally;
pub use timings::Timings;
