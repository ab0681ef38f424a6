//! Any bytes as a PyTorch file, and as the state dict of one, which needs no luck with headers.

#![no_main]

use std::path::Path;

use gpu_bridge_checkpoint::Format;
use libfuzzer_sys::fuzz_target;

/// What stands before the state dict in the old format: the magic number, the version, an empty description.
const PREAMBLE: &[u8] = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.";

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    read(&[PREAMBLE, bytes].concat());
});

fn read(file: &[u8]) {
    let Ok(layout) = Format::PyTorch.layout(file, Path::new("fuzzed.bin")) else { return };
    for name in layout.names() {
        let tensor = layout.tensor(file, name).expect("a tensor that is listed lies in the file");
        assert!(tensor.bytes().len() <= file.len(), "{name} is larger than its file");
    }
}
