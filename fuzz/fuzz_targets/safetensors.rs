//! Any bytes as a safetensors file, and as its header, whose length then always fits.

#![no_main]

use std::path::Path;

use gpu_bridge_checkpoint::Format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    read(&[&(bytes.len() as u64).to_le_bytes(), bytes].concat());
});

fn read(file: &[u8]) {
    let Ok(layout) = Format::Safetensors.layout(file, Path::new("fuzzed.safetensors")) else { return };
    for name in layout.names() {
        let tensor = layout.tensor(file, name).expect("a tensor that is listed lies in the file");
        assert!(tensor.bytes().len() <= file.len(), "{name} is larger than its file");
    }
}
