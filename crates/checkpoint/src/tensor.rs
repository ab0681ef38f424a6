//! One tensor of an open file: element type, shape and bytes, borrowed wherever they already lie in order.

use std::borrow::Cow;

use crate::Dtype;
use crate::entry::{Entry, Strides};

/// A tensor in a mapped file.
#[derive(Debug, Clone, Copy)]
pub struct StoredTensor<'a> {
    entry: &'a Entry,
    bytes: &'a [u8],
}

impl<'a> StoredTensor<'a> {
    /// The tensor at `entry` of `file`; `None` if it leaves the file.
    pub(crate) fn new(entry: &'a Entry, file: &'a [u8]) -> Option<Self> {
        Some(Self { entry, bytes: file.get(entry.bytes.clone())? })
    }

    /// Element type.
    pub fn dtype(&self) -> Dtype {
        self.entry.dtype
    }

    /// Length of each dimension, outermost first.
    pub fn shape(&self) -> &'a [usize] {
        &self.entry.shape
    }

    /// The elements, little-endian, in the order of the shape (the last dimension innermost). Copied only where the file has
    /// them in another order, as it has those of a transposed tensor.
    pub fn bytes(&self) -> Cow<'a, [u8]> {
        match &self.entry.strides {
            None => Cow::Borrowed(self.bytes),
            Some(strides) => Cow::Owned(self.gathered(strides)),
        }
    }

    fn gathered(&self, strides: &Strides) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.shape().iter().product::<usize>() * strides.size);
        gather(self.bytes, self.shape(), &strides.steps, strides.size, &mut out);
        out
    }
}

/// Appends the elements of `bytes` in the order of `shape`. As deep as a tensor has dimensions.
fn gather(bytes: &[u8], shape: &[usize], steps: &[usize], size: usize, out: &mut Vec<u8>) {
    let (Some((length, shape)), Some((step, steps))) = (shape.split_first(), steps.split_first()) else {
        out.extend_from_slice(&bytes[..size]);
        return;
    };
    for place in 0..*length {
        gather(&bytes[place * step * size..], shape, steps, size, out);
    }
}
