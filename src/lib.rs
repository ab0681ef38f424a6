//! The Node addon: napi glue between JavaScript and the bridge's core.
//!
//! It converts arguments, runs calls on the bridge's own runtime and tells what they came to. It decides nothing: what goes
//! where, and when to try again, is the core's business; argument types and abort signals are watched by the wrapper
//! in `index.js`. Nothing here is global, so bridges live and die on their own, in any number of worker threads.

mod alive;
mod answer;
mod bridge;
mod call;
mod cancel;
mod close;
mod config;
mod engine;
mod error;
mod limits;
mod log;
mod packed;
mod payload;
mod progress;
mod settlements;
mod trace;
