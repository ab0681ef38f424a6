//! What the device has done, for `/metrics`: batches, what they held and how long they took.
//!
//! There is no figure for padding: no text is padded to another's length, so that every token counted here is a real
//! one.

use std::time::Duration;

use gpu_bridge_metrics::{Histogram, Timings};
use parking_lot::Mutex;

use crate::batcher::Pass;

/// Tokens of a batch, from a word to the largest budget a GPU is given.
const TOKENS: [f64; 13] =
    [16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0, 16384.0, 32768.0, 65536.0];
/// Texts or pairs of a batch.
const ITEMS: [f64; 11] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];

/// See the module.
#[derive(Debug, Default)]
pub struct BatchCounts(Mutex<Batches>);

/// The counts.
#[derive(Debug, Clone)]
pub struct Batches {
    /// Tokens that were encoded. Matches have none: they work on what was encoded.
    pub tokens: u64,
    /// Tokens of each encoding batch.
    pub sizes: Histogram<13>,
    /// Texts or pairs of each batch.
    pub items: Histogram<11>,
    /// Seconds of each batch, by pass.
    pub durations: Timings,
}

impl Default for Batches {
    fn default() -> Self {
        Self {
            tokens: 0,
            sizes: Histogram::new(&TOKENS),
            items: Histogram::new(&ITEMS),
            durations: Timings::default(),
        }
    }
}

impl BatchCounts {
    /// A batch is done.
    pub fn record(&self, pass: Pass, items: usize, tokens: u64, took: Duration) {
        let mut batches = self.0.lock();
        batches.items.observe(items as f64);
        batches.durations.observe(word(pass), took);
        if pass == Pass::Encode {
            batches.tokens += tokens;
            batches.sizes.observe(tokens as f64);
        }
    }

    /// The counts now.
    pub fn read(&self) -> Batches {
        self.0.lock().clone()
    }
}

fn word(pass: Pass) -> &'static str {
    match pass {
        Pass::Encode => "encode",
        Pass::Match => "match",
    }
}
