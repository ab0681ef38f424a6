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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dtype::StorageType;
    use crate::entry::View;

    const SHORTS: StorageType = StorageType { dtype: Dtype::I16, size: 2 };

    /// The elements of `view` in its order, by the definition of strides.
    fn places(view: &View) -> Vec<usize> {
        let axes = view.shape.iter().zip(&view.strides);
        axes.fold(vec![view.offset], |places, (length, step)| {
            places.iter().flat_map(|place| (0..*length).map(move |index| place + index * step)).collect()
        })
    }

    fn views() -> impl Strategy<Value = View> {
        let axes = prop::collection::vec((0..5_usize, 0..9_usize), 0..4);
        (0..6_usize, axes).prop_map(|(offset, axes)| {
            let (shape, strides) = axes.into_iter().unzip();
            View { offset, shape, strides }
        })
    }

    proptest! {
        #[test]
        fn a_view_is_read_as_strides_are_defined_or_refused(view in views(), held in 0..40_u16) {
            let file: Vec<u8> = (0..held + 3).flat_map(u16::to_le_bytes).collect();
            let places = places(&view);
            let fits = places.len() <= held.into() && places.iter().all(|place| *place < held.into());
            let entry = Entry::of_view(&view, SHORTS, 6..file.len());
            prop_assert_eq!(entry.is_ok(), fits, "{:?}", entry);
            if let Ok(entry) = entry {
                let tensor = StoredTensor::new(&entry, &file).unwrap();
                let expected: Vec<u8> = places.iter().flat_map(|place| (*place as u16 + 3).to_le_bytes()).collect();
                prop_assert_eq!(tensor.bytes().into_owned(), expected);
            }
        }
    }
}
