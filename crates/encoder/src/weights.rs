//! A checkpoint's weights, read tensor by tensor from a mapped safetensors file.
//!
//! An architecture takes what it needs by name and shape and says what it has no use for; a weight that is missing, left
//! over or of another shape is an error that names it, so a wrong config.json never gives plausible numbers. Old
//! checkpoints' names are brought to today's: a `bert.` in front, `gamma` and `beta` for a norm's `weight` and `bias`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use gpu_bridge_checkpoint as checkpoint;
use gpu_bridge_mapped_file::MappedFile;
use safetensors::tensor::{Dtype as FileDtype, Metadata, SafeTensors};
use sha2::{Digest, Sha256};
use tch::{Device, Kind, Tensor};

use crate::Error;
use crate::packing::signed;
use gpu_bridge_checkpoint::ModelFolder;

const FILE: &str = "model.safetensors";

/// Where weights go and in what element type.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placement {
    pub(crate) device: Device,
    pub(crate) kind: Kind,
}

/// An open checkpoint.
pub(crate) struct Weights {
    file: MappedFile,
    metadata: Metadata,
    /// Where the header ends and the tensors' bytes begin.
    data: usize,
    /// Today's name to the file's, for what nobody has taken yet.
    left: BTreeMap<String, String>,
    digests: BTreeMap<String, [u8; 32]>,
    bytes: u64,
    placement: Placement,
}

/// What was taken from a checkpoint.
#[derive(Debug)]
pub(crate) struct Taken {
    /// Bytes on the device.
    pub(crate) bytes: u64,
    /// A hash over names and contents.
    pub(crate) digest: Vec<u8>,
}

impl Weights {
    /// Opens model.safetensors; `prefixes` are the names an architecture may be wrapped in, such as `bert.`.
    pub(crate) fn open(folder: &ModelFolder, prefixes: &[&str], placement: Placement) -> Result<Self, Error> {
        let path = folder.path(FILE);
        if !path.exists() && folder.path("pytorch_model.bin").exists() {
            let problem = "It is missing; pytorch_model.bin can't be read. Convert the model to safetensors.";
            return Err(folder.problem(FILE, problem).into());
        }
        let unreadable =
            |error: std::io::Error| checkpoint::Error::File { path: path.clone(), reason: error.to_string() };
        let file = MappedFile::open(&path).map_err(unreadable)?;
        let (header, metadata) = SafeTensors::read_metadata(file.bytes())
            .map_err(|error| folder.problem(FILE, format!("It is damaged ({error}). Fetch it again.")))?;
        let mut weights = Self {
            data: header + size_of::<u64>(),
            left: BTreeMap::new(),
            digests: BTreeMap::new(),
            bytes: 0,
            metadata,
            file,
            placement,
        };
        for original in weights.metadata.offset_keys() {
            let name = modern(&original, prefixes);
            if weights.left.insert(name, original.clone()).is_some() {
                return Err(Error::ExtraWeight { name: original, path });
            }
        }
        Ok(weights)
    }

    /// Whether the weight `name` is there and nobody has taken it yet.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.left.contains_key(name)
    }

    /// Takes the weight `name`, which must have `shape`, to its place.
    pub(crate) fn take(&mut self, name: &str, shape: &[i64]) -> Result<Tensor, Error> {
        let missing = || Error::MissingWeight { name: name.to_owned(), path: self.path() };
        if !self.has(name) {
            return Err(missing());
        }
        let original = self.left.get(name).ok_or_else(missing)?;
        let info = self.metadata.info(original).ok_or_else(missing)?;
        let found: Vec<i64> = info.shape.iter().copied().map(signed).collect();
        if found != shape {
            let (name, expected) = (name.to_owned(), shape.to_vec());
            return Err(Error::WeightShape { name, path: self.path(), expected, found });
        }
        let (start, end) = info.data_offsets;
        let bytes = self.file.bytes().get(self.data + start..self.data + end).ok_or_else(missing)?;
        let tensor = Tensor::f_from_data_size(bytes, shape, kind(info.dtype).ok_or_else(|| self.odd(name))?)?;
        let tensor = tensor.f_to_device(self.placement.device)?.f_to_kind(self.placement.kind)?;
        self.digests.insert(name.to_owned(), Sha256::digest(bytes).into());
        self.bytes += (tensor.numel() * self.placement.kind.elt_size_in_bytes()) as u64;
        self.left.remove(name);
        Ok(tensor)
    }

    /// Drops every weight that `unused` recognises by its modern name.
    pub(crate) fn ignore(&mut self, unused: impl Fn(&str) -> bool) {
        self.left.retain(|name, _| !unused(name));
    }

    /// Ends the reading; a weight nobody took or ignored is an error.
    pub(crate) fn finish(self) -> Result<Taken, Error> {
        if let Some(original) = self.left.values().next() {
            return Err(Error::ExtraWeight { name: original.clone(), path: self.path() });
        }
        let mut digest = Sha256::new();
        for (name, contents) in &self.digests {
            digest.update(name);
            digest.update(contents);
        }
        Ok(Taken { bytes: self.bytes, digest: digest.finalize().to_vec() })
    }

    pub(crate) fn placement(&self) -> Placement {
        self.placement
    }

    fn path(&self) -> PathBuf {
        self.file.path().to_owned()
    }

    fn odd(&self, name: &str) -> Error {
        let problem =
            format!("The weight `{name}` is not of a floating-point type. Use an unquantised checkpoint.");
        checkpoint::Error::Config { path: self.path(), problem }.into()
    }
}

fn kind(dtype: FileDtype) -> Option<Kind> {
    match dtype {
        FileDtype::F64 => Some(Kind::Double),
        FileDtype::F32 => Some(Kind::Float),
        FileDtype::F16 => Some(Kind::Half),
        FileDtype::BF16 => Some(Kind::BFloat16),
        _ => None,
    }
}

fn modern(original: &str, prefixes: &[&str]) -> String {
    let rest = prefixes.iter().filter_map(|prefix| original.strip_prefix(prefix));
    let bare = rest.min_by_key(|rest| rest.len()).unwrap_or(original);
    match bare.rsplit_once('.') {
        Some((module, "gamma")) => format!("{module}.weight"),
        Some((module, "beta")) => format!("{module}.bias"),
        _ => bare.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names_become_todays() {
        assert_eq!(modern("bert.embeddings.LayerNorm.gamma", &["bert."]), "embeddings.LayerNorm.weight");
        assert_eq!(modern("embeddings.LayerNorm.beta", &["bert."]), "embeddings.LayerNorm.bias");
        assert_eq!(modern("pooler.dense.weight", &["bert."]), "pooler.dense.weight");
        assert_eq!(modern("bert.model.norm.weight", &["bert.", "bert.model."]), "norm.weight");
    }
}
