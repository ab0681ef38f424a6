//! Servers of other engines as hosts: `hosts[].protocol: "openai"`.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod engines;
mod fleets;
mod refusals;
mod servers;
#[path = "../support/mod.rs"]
mod support;
