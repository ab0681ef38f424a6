//! A checkpoint's weights, taken tensor by tensor from its mapped files.
//!
//! An architecture takes what it needs by name and shape and says what it has no use for; a weight that is missing, left
//! over or of another shape is an error that names it, so a wrong config.json never gives plausible numbers.
//!
//! Only the tensor being taken is in memory beside those that were: the files' pages belong to the system, which drops
//! them when it needs room.

mod name;

use std::collections::BTreeMap;
use std::path::PathBuf;

use gpu_bridge_checkpoint::{self as checkpoint, Checkpoint, Dtype, ModelFolder, StoredTensor};
use sha2::{Digest, Sha256};
use tch::{Device, Kind, Tensor};

use self::name::modern;
use crate::Error;
use crate::packing::signed;

/// Where weights go and in what element type.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placement {
    pub(crate) device: Device,
    pub(crate) kind: Kind,
}

/// An open checkpoint.
pub(crate) struct Weights {
    checkpoint: Checkpoint,
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
    /// Opens the weights of `folder`; `prefixes` are the names an architecture may be wrapped in, such as `bert.`, of which
    /// the longest that fits is cut off.
    pub(crate) fn open(folder: &ModelFolder, prefixes: &[&str], placement: Placement) -> Result<Self, Error> {
        let checkpoint = Checkpoint::open(folder)?;
        let mut left = BTreeMap::new();
        for original in checkpoint.names() {
            if left.insert(modern(original, prefixes), original.to_owned()).is_some() {
                let path = checkpoint.path().to_owned();
                return Err(Error::ExtraWeight { name: original.to_owned(), path });
            }
        }
        Ok(Self { checkpoint, left, digests: BTreeMap::new(), bytes: 0, placement })
    }

    /// Takes the weight `name`, which must have `shape`, to its place.
    pub(crate) fn take(&mut self, name: &str, shape: &[i64]) -> Result<Tensor, Error> {
        let (tensor, digest) = self.read(name, shape)?;
        let tensor = tensor.f_to_device(self.placement.device)?.f_to_kind(self.placement.kind)?;
        self.digests.insert(name.to_owned(), digest);
        self.bytes += (tensor.numel() * self.placement.kind.elt_size_in_bytes()) as u64;
        self.left.remove(name);
        Ok(tensor)
    }

    /// The weight as the file has it, with the hash of its bytes.
    fn read(&self, name: &str, shape: &[i64]) -> Result<(Tensor, [u8; 32]), Error> {
        let stored = self.stored(name).ok_or_else(|| self.missing(name))?;
        let found: Vec<i64> = stored.shape().iter().copied().map(signed).collect();
        if found != shape {
            let (name, expected) = (name.to_owned(), shape.to_vec());
            return Err(Error::WeightShape { name, path: self.path(), expected, found });
        }
        let kind = kind(stored.dtype()).ok_or_else(|| self.odd(name))?;
        let bytes = stored.bytes();
        Ok((Tensor::f_from_data_size(&bytes, shape, kind)?, Sha256::digest(&bytes).into()))
    }

    fn stored(&self, name: &str) -> Option<StoredTensor<'_>> {
        self.checkpoint.tensor(self.left.get(name)?)
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
        self.checkpoint.path().to_owned()
    }

    fn missing(&self, name: &str) -> Error {
        Error::MissingWeight { name: name.to_owned(), path: self.path() }
    }

    fn odd(&self, name: &str) -> Error {
        let problem =
            format!("The weight `{name}` is not of a floating-point type. Use an unquantised checkpoint.");
        checkpoint::Error::Config { path: self.path(), problem }.into()
    }
}

fn kind(dtype: Dtype) -> Option<Kind> {
    match dtype {
        Dtype::F64 => Some(Kind::Double),
        Dtype::F32 => Some(Kind::Float),
        Dtype::F16 => Some(Kind::Half),
        Dtype::BF16 => Some(Kind::BFloat16),
        _ => None,
    }
}
