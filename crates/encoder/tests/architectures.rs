//! Every architecture against the references, on small models whose weights are all away from their initial values.

#![allow(clippy::unwrap_used)] // The helpers here are part of the tests.

mod fixtures;
mod made;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fixtures::PARITY;
use gpu_bridge_encoder::{Dtype, arch, use_threads};
use made::table::{Cell, Column, DTYPES, Row, beyond, outline, render};
use made::{Golden, measure};

/// Measures one task; `None` where the golden has no such section.
type Measure = fn(&Golden, &Path, Dtype) -> Option<f32>;

/// A task by its section's name, with what it may differ by. Half precision has bounds that a broken path breaks.
const TASKS: [(&str, Column, Measure); 4] = [
    ("hidden", Column { title: "hidden states", bounds: [PARITY, 0.1, 0.5] }, measure::hidden),
    ("embedding", Column { title: "embedding", bounds: [PARITY, 0.03, 0.3] }, measure::embedding),
    ("bertscore", Column { title: "BERTScore", bounds: [PARITY, 0.003, 0.03] }, measure::bertscore),
    ("rerank", Column { title: "rerank", bounds: [PARITY, 0.01, 0.1] }, measure::rerank),
];

fn row(golden: &Golden) -> Row {
    let dir = made::write(golden);
    let cells = TASKS.iter().map(|(section, _, measure)| {
        let figures = DTYPES.map(|dtype| measure(golden, dir.path(), dtype));
        match (figures, golden.without.get(*section)) {
            ([Some(full), Some(half), Some(brain)], None) => Cell::Measured([full, half, brain]),
            ([None, None, None], Some(why)) => Cell::Absent(why.clone()),
            _ => panic!("{} must have either a section `{section}` or a reason without it", golden.name),
        }
    });
    Row { name: golden.name.clone(), cells: cells.collect() }
}

fn document() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/parity.md")
}

#[test]
fn every_architecture_equals_the_references_in_every_task() {
    use_threads(1);
    let columns = TASKS.map(|(_, column, _)| column);
    let rows: Vec<Row> = made::all().iter().map(row).collect();
    let table = render(&columns, &rows);
    std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join("parity.md"), &table).unwrap();
    if std::env::var_os("GPU_BRIDGE_WRITE_PARITY").is_some() {
        std::fs::write(document(), &table).unwrap();
    }
    assert_eq!(beyond(&columns, &rows), Vec::<String>::new());
    let kept = std::fs::read_to_string(document()).unwrap();
    assert_eq!(outline(&kept), outline(&table), "docs/parity.md is out of date; it says how to write it.");
}

#[test]
fn every_supported_architecture_has_a_golden() {
    let of = |golden: Golden| golden.model.config["model_type"].as_str().unwrap().to_owned();
    let measured: BTreeSet<String> = made::all().into_iter().map(of).collect();
    let missing: Vec<&str> = arch::supported().filter(|name| !measured.contains(*name)).collect();
    assert!(missing.is_empty(), "no golden for {missing:?}");
}
