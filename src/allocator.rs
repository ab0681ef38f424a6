//! The allocator of the addon's Rust code.
//!
//! What a call is made of is allocated on one thread and freed on the other all the time, over which the C library's
//! allocator has them wait for each other (and musl's does whatever they do): a tenth of what a short call costs.
//!
//! Version 2, because version 3 as the crate builds it takes a fixed slot of every thread on macOS, which a second addon
//! with the same allocator would take as well. Thread-local storage is asked for when it is needed and not up front,
//! where an addon may find none left: it is loaded long after the process has started.

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;
