//! Files made byte by byte, to say what torch never says, and the checked-in ones that torch wrote.

// Each test binary uses its own part; a helper may unwrap as a test may.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use gpu_bridge_checkpoint::{Error, Format, Layout};

/// A file of `goldens/checkpoints`, which `goldens/make_checkpoints.py` makes.
pub fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens/checkpoints").join(name)
}

pub fn pytorch(file: &[u8]) -> Result<Layout, Error> {
    Format::PyTorch.layout(file, Path::new("made.bin"))
}

pub fn safetensors(file: &[u8]) -> Result<Layout, Error> {
    Format::Safetensors.layout(file, Path::new("made.safetensors"))
}

/// The pickle of `{"weight": tensor}`, the tensor being what `tensor` pushes.
pub fn state_dict(tensor: &[u8]) -> Vec<u8> {
    [&b"\x80\x02}X\x06\x00\x00\x00weight"[..], tensor, b"s."].concat()
}

/// Pushes a tensor of `shape` and `strides` (tuples, as instructions) in the storage "0" of `count` floats.
pub fn tensor(count: &[u8], offset: &[u8], shape: &[u8], strides: &[u8]) -> Vec<u8> {
    let storage = [
        &b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu"[..],
        count,
        b"tQ",
    ];
    let hooks = b"\x89ccollections\nOrderedDict\n)RtR";
    [b"ctorch._utils\n_rebuild_tensor_v2\n(", &storage.concat()[..], offset, shape, strides, hooks].concat()
}

/// `bytes` with the first `from` in them replaced.
pub fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|part| part == from).unwrap();
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

/// [`tensor`]: four floats in order.
pub fn four_floats() -> Vec<u8> {
    tensor(b"K\x04", b"K\x00", b"K\x04\x85", b"K\x01\x85")
}

/// What stands before the state dict in the old format.
pub fn preamble() -> Vec<u8> {
    [&b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."[..], b"\x80\x02M\xe9\x03.", b"\x80\x02}."].concat()
}

/// The old format: `pickle`, one storage "0" of `count` elements, `bytes`.
pub fn legacy(pickle: &[u8], count: u64, bytes: &[u8]) -> Vec<u8> {
    let keys = b"\x80\x02]X\x01\x00\x00\x000a.";
    [&preamble()[..], pickle, keys, &count.to_le_bytes(), bytes].concat()
}

/// The new format: `pickle` and the storage "0".
pub fn archive(pickle: &[u8], bytes: &[u8]) -> Vec<u8> {
    zip(&[("m/data.pkl", pickle), ("m/data/0", bytes)])
}

/// A zip archive of stored entries.
pub fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = Zip::default();
    for (name, content) in entries {
        zip.add(name, content);
    }
    zip.end()
}

/// A zip archive in the making; what its directory says can be changed before [`Zip::end`].
#[derive(Default)]
pub struct Zip {
    pub bytes: Vec<u8>,
    pub records: Vec<Record>,
}

pub struct Record {
    pub name: String,
    pub method: u16,
    pub flags: u16,
    pub packed: u32,
    pub length: u32,
    pub header: u32,
    pub extra: Vec<u8>,
}

impl Zip {
    pub fn add(&mut self, name: &str, content: &[u8]) {
        let (length, header) =
            (u32::try_from(content.len()).unwrap(), u32::try_from(self.bytes.len()).unwrap());
        let (flags, method, packed) = (0, 0, length);
        let record =
            Record { name: name.to_owned(), method, flags, packed, length, header, extra: Vec::new() };
        self.bytes.extend(b"PK\x03\x04");
        self.bytes.extend([0; 22]);
        self.bytes.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        self.bytes.extend([0; 2]);
        self.bytes.extend(name.as_bytes());
        self.bytes.extend(content);
        self.records.push(record);
    }

    pub fn end(mut self) -> Vec<u8> {
        let start = u32::try_from(self.bytes.len()).unwrap();
        for record in &self.records {
            record.write(&mut self.bytes);
        }
        let entries = u16::try_from(self.records.len()).unwrap();
        let length = u32::try_from(self.bytes.len()).unwrap() - start;
        self.bytes.extend(b"PK\x05\x06\0\0\0\0");
        self.bytes.extend([entries.to_le_bytes(), entries.to_le_bytes()].concat());
        self.bytes.extend([length.to_le_bytes(), start.to_le_bytes()].concat());
        self.bytes.extend([0; 2]);
        self.bytes
    }
}

impl Record {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend(b"PK\x01\x02\0\0\0\0");
        out.extend([self.flags.to_le_bytes(), self.method.to_le_bytes()].concat());
        out.extend([0; 8]);
        out.extend([self.packed.to_le_bytes(), self.length.to_le_bytes()].concat());
        out.extend(u16::try_from(self.name.len()).unwrap().to_le_bytes());
        out.extend(u16::try_from(self.extra.len()).unwrap().to_le_bytes());
        out.extend([0; 10]);
        out.extend(self.header.to_le_bytes());
        out.extend(self.name.as_bytes());
        out.extend(&self.extra);
    }
}
