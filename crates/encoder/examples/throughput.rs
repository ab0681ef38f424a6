//! Texts a second of an embedder, without HTTP: `cargo run --release --example throughput -- MODEL_FOLDER TEXTS_FILE`.
//!
//! The file holds one text a line. Each round takes the same texts in batches, 100 a batch unless said otherwise, and says
//! the rate with and without tokenising. On a machine that does other work too, set OMP_WAIT_POLICY=passive: threads that
//! wait for each other by spinning otherwise cost most of the time.
#![allow(clippy::print_stdout, clippy::cast_precision_loss)]

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use gpu_bridge_encoder::{Device, Dtype, Embedder, Tokens, physical_cores, use_threads};

const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, model, texts, rest @ ..] = &arguments[..] else {
        return Err("Usage: throughput MODEL_FOLDER TEXTS_FILE [DTYPE] [DEVICE] [BATCH]".into());
    };
    let dtype: Dtype = rest.first().map_or("float32", String::as_str).parse()?;
    let device: Device = rest.get(1).map_or("cpu", String::as_str).parse()?;
    let batch: usize = rest.get(2).map_or("100", String::as_str).parse()?;
    use_threads(physical_cores());
    let started = Instant::now();
    let embedder = Embedder::load(Path::new(model), device, dtype)?;
    println!("loaded in {:.2} s: {:?}", started.elapsed().as_secs_f64(), embedder.facts());
    let texts = std::fs::read_to_string(texts)?;
    let texts: Vec<&str> = texts.lines().collect();
    for _ in 0..ROUNDS {
        round(&embedder, &texts, batch.max(1))?;
    }
    Ok(())
}

fn round(embedder: &Embedder, texts: &[&str], batch: usize) -> Result<(), Box<dyn Error>> {
    let tokenizer = embedder.tokenizer();
    let (mut tokenizing, mut inference, mut tokens) = (Duration::ZERO, Duration::ZERO, 0);
    for batch in texts.chunks(batch) {
        let started = Instant::now();
        let encoded = batch.iter().map(|text| tokenizer.encode(text)).collect::<Result<Vec<Tokens>, _>>()?;
        tokenizing += started.elapsed();
        let started = Instant::now();
        embedder.embed(&encoded.iter().collect::<Vec<_>>())?;
        inference += started.elapsed();
        tokens += encoded.iter().map(Tokens::len).sum::<usize>();
    }
    let rate = |time: Duration| texts.len() as f64 / time.as_secs_f64();
    println!(
        "{:.0} texts/s, {:.0} without tokenising, {:.0} tokens/s",
        rate(tokenizing + inference),
        rate(inference),
        tokens as f64 / inference.as_secs_f64()
    );
    Ok(())
}
