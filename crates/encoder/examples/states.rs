//! Token states of batches of token ids, for `goldens/full_size.py`, on one thread of the processor and on Linux.
//!
//! `cargo run --example states -- MODEL_FOLDER LAYERS BATCHES.json STATES.f32`: the first file holds lists of lists of ids,
//! the second gets their states one behind the other, little-endian. Each batch runs twice. Printed is one JSON object: how
//! long loading and each batch's second run kept the thread busy, in seconds, and the memory, in bytes, that loading left
//! and that was used at most.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::Path;

use gpu_bridge_encoder::{Device, Dtype, TokenEncoder, Tokens, use_threads};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, model, layers, batches, states] = &arguments[..] else {
        return Err("Usage: states MODEL_FOLDER LAYERS BATCHES.json STATES.f32".into());
    };
    use_threads(1);
    let batches: Vec<Vec<Vec<i64>>> = serde_json::from_slice(&std::fs::read(batches)?)?;
    let started = busy()?;
    let encoder = TokenEncoder::load(Path::new(model), Some(layers.parse()?), Device::Cpu, Dtype::Float32)?;
    let (loading, loaded) = (busy()? - started, memory("VmRSS:")?);
    let (mut seconds, mut bytes) = (Vec::new(), Vec::new());
    for batch in batches {
        let batch: Vec<Tokens> = batch.into_iter().map(Tokens::new).collect();
        let batch: Vec<&Tokens> = batch.iter().collect();
        encoder.states(&batch)?;
        let started = busy()?;
        let states = encoder.states(&batch)?;
        seconds.push(busy()? - started);
        bytes.extend(states.concat().into_iter().flat_map(f32::to_le_bytes));
    }
    std::fs::write(states, bytes)?;
    let peak = memory("VmHWM:")?;
    println!(
        "{}",
        serde_json::json!({ "loading": loading, "seconds": seconds, "loaded": loaded, "peak": peak })
    );
    Ok(())
}

/// Seconds that this thread, the only one, has run; what else the machine does doesn't count.
fn busy() -> Result<f64, Box<dyn Error>> {
    let schedule = std::fs::read_to_string("/proc/self/schedstat")?;
    let nanoseconds = schedule.split_whitespace().next().ok_or("/proc/self/schedstat is empty")?;
    Ok(nanoseconds.parse::<f64>()? / 1e9)
}

/// Bytes that /proc/self/status has under `key`.
fn memory(key: &str) -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()).ok_or("no such memory")?;
    Ok(kibibytes.parse::<u64>()? * 1024)
}
