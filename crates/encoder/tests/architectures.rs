//! Every architecture against transformers, on small models whose weights are all away from their initial values.

#![allow(clippy::unwrap_used)] // The helpers here are part of the tests.

mod fixtures;
mod made;

use std::collections::BTreeSet;
use std::path::Path;

use fixtures::{PARITY, distance, worst};
use gpu_bridge_encoder::{Device, Dtype, TokenEncoder, Tokens, arch, use_threads};
use made::Golden;

/// The largest difference of any state after any number of layers.
fn hidden(golden: &Golden, dir: &Path, dtype: Dtype) -> f32 {
    let texts: Vec<Tokens> = golden.hidden.texts.iter().cloned().map(Tokens::new).collect();
    let differences = golden.hidden.states.iter().map(|(&layers, expected)| {
        let encoder = TokenEncoder::load(dir, Some(layers), Device::Cpu, dtype).unwrap();
        let states = encoder.states(&texts.iter().collect::<Vec<_>>()).unwrap().concat();
        distance(&states, &expected.0)
    });
    worst(differences)
}

#[test]
fn hidden_states_equal_transformers() {
    use_threads(1);
    let mut failed = Vec::new();
    for golden in made::all() {
        let dir = made::write(&golden);
        let difference = hidden(&golden, dir.path(), Dtype::Float32);
        println!("{:<20} {difference:.1e}", golden.name);
        if difference.is_nan() || difference > PARITY {
            failed.push(golden.name);
        }
    }
    assert!(failed.is_empty(), "beyond {PARITY:e}: {failed:?}");
}

#[test]
fn every_supported_architecture_has_a_golden() {
    let of = |golden: Golden| golden.config["model_type"].as_str().unwrap().to_owned();
    let measured: BTreeSet<String> = made::all().into_iter().map(of).collect();
    let missing: Vec<&str> = arch::supported().filter(|name| !measured.contains(*name)).collect();
    assert!(missing.is_empty(), "no golden for {missing:?}");
}
