//! Valid files with one byte changed, or cut off anywhere: read or refused, never a panic, and never more than the file has.

#![allow(clippy::unwrap_used)] // The helpers here are part of the tests.

mod made;

use std::fs;
use std::path::Path;

use gpu_bridge_checkpoint::Format;
use made::golden;
use proptest::prelude::*;

const FILES: [(&str, Format); 4] = [
    ("zip.bin", Format::PyTorch),
    ("legacy.bin", Format::PyTorch),
    ("zip_protocol4.bin", Format::PyTorch),
    ("whole.safetensors", Format::Safetensors),
];

fn whole(file: usize) -> (Vec<u8>, Format) {
    let (name, format) = FILES[file];
    (fs::read(golden(&format!("same/{name}"))).unwrap(), format)
}

/// Whether the file is read; then every tensor must be there.
fn is_read(file: &[u8], format: Format) -> bool {
    let Ok(layout) = format.layout(file, Path::new("changed")) else { return false };
    for name in layout.names() {
        assert!(layout.tensor(file, name).unwrap().bytes().len() <= file.len(), "{name}");
    }
    true
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    for (number, (name, _)) in FILES.iter().enumerate() {
        let (file, format) = whole(number);
        assert!(is_read(&file, format), "{name}");
        assert!((0..file.len()).all(|length| !is_read(&file[..length], format)), "{name}");
    }
}

#[test]
fn any_one_byte_may_be_wrong() {
    for (number, (name, _)) in FILES.iter().enumerate() {
        let (mut file, format) = whole(number);
        let mut read = 0;
        for at in 0..file.len() {
            let right = file[at];
            file[at] ^= 1 << (at % 8);
            read += usize::from(is_read(&file, format));
            file[at] = right;
        }
        assert!(read > 0 && read < file.len(), "{name}: {read}");
    }
}

proptest! {
    #[test]
    fn any_bytes_may_change(file in 0..FILES.len(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..9)) {
        let (mut bytes, format) = whole(file);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        is_read(&bytes, format);
    }

    #[test]
    fn any_instructions_may_follow_the_preamble(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        is_read(&[made::preamble(), bytes].concat(), Format::PyTorch);
    }

    #[test]
    fn any_bytes_may_be_a_file(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        is_read(&bytes, Format::PyTorch);
        is_read(&bytes, Format::Safetensors);
    }
}
