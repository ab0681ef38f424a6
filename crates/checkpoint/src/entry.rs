//! Where one tensor lies in its file, checked before anybody reads it.
//!
//! A pickle gives shape, strides and offset freely, so two things are established here: every element lies within the
//! tensor's storage, and the tensor has no more elements than its storage. A stride of 0 could otherwise turn four bytes
//! into terabytes.

use std::ops::Range;

use crate::dtype::{Dtype, StorageType};
use crate::fault::Fault;

/// A tensor's place in its file.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
    /// In elements; `None` where the last dimension is the innermost and nothing lies between elements.
    pub(crate) strides: Option<Strides>,
    /// From the first to the last element.
    pub(crate) bytes: Range<usize>,
}

/// How far apart elements lie.
#[derive(Debug, Clone)]
pub(crate) struct Strides {
    /// Elements from one place of a dimension to the next.
    pub(crate) steps: Vec<usize>,
    /// Bytes of one element.
    pub(crate) size: usize,
}

/// How a pickle describes a tensor within a storage; all in elements.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) offset: usize,
    pub(crate) shape: Vec<usize>,
    pub(crate) strides: Vec<usize>,
}

impl Entry {
    /// The part of the storage at `storage`, with elements of `kind`, that `view` describes.
    pub(crate) fn of_view(view: &View, kind: StorageType, storage: Range<usize>) -> Result<Self, Fault> {
        let count = view.count().ok_or_else(|| view.outside())?;
        let (held, Range { start, .. }) = (storage.len() / kind.size, storage);
        let span =
            view.span(count).filter(|span| *span <= held && count <= held).ok_or_else(|| view.outside())?;
        let first = if span == 0 { start } else { start + view.offset * kind.size };
        let contiguous = view.is_contiguous(count);
        let steps = || Strides { steps: view.strides.clone(), size: kind.size };
        Ok(Self {
            dtype: kind.dtype,
            shape: view.shape.clone(),
            strides: (!contiguous).then(steps),
            bytes: first..start + span * kind.size,
        })
    }
}

impl View {
    /// Dimensions a tensor may have; models use up to four.
    pub(crate) const MAX_RANK: usize = 8;

    /// Elements, where shape and strides fit each other and the number can be one.
    fn count(&self) -> Option<usize> {
        let fits = self.shape.len() == self.strides.len() && self.shape.len() <= Self::MAX_RANK;
        if self.shape.contains(&0) {
            return fits.then_some(0);
        }
        self.shape.iter().try_fold(1_usize, |count, length| count.checked_mul(*length)).filter(|_| fits)
    }

    /// Elements of the storage up to the tensor's last one.
    fn span(&self, count: usize) -> Option<usize> {
        if count == 0 {
            return Some(0);
        }
        let reach = |last: usize, (length, step): (&usize, &usize)| {
            last.checked_add((length - 1).checked_mul(*step)?)
        };
        self.shape.iter().zip(&self.strides).try_fold(self.offset, reach)?.checked_add(1)
    }

    /// Whether the elements lie one after the other in the order of the shape.
    fn is_contiguous(&self, count: usize) -> bool {
        let mut expected = 1;
        let places = self.shape.iter().zip(&self.strides).rev().filter(|(length, _)| **length != 1);
        count == 0
            || places.fold(true, |holds, (length, step)| {
                let here = *step == expected;
                expected *= length;
                holds && here
            })
    }

    fn outside(&self) -> Fault {
        Fault::damaged(format!(
            "A tensor of the shape {:?} with the strides {:?} from element {} does not fit its storage.",
            self.shape, self.strides, self.offset
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOATS: StorageType = StorageType { dtype: Dtype::F32, size: 4 };

    fn place(
        offset: usize,
        shape: &[usize],
        strides: &[usize],
        storage: Range<usize>,
    ) -> Result<Entry, Fault> {
        let view = View { offset, shape: shape.to_vec(), strides: strides.to_vec() };
        Entry::of_view(&view, FLOATS, storage)
    }

    #[test]
    fn views_are_placed_to_the_byte() {
        let whole = place(0, &[2, 3], &[3, 1], 100..124).unwrap();
        assert!(whole.strides.is_none() && whole.bytes == (100..124));
        let tail = place(2, &[1, 4], &[77, 1], 100..124).unwrap();
        assert!(tail.strides.is_none() && tail.bytes == (108..124));
        let transposed = place(0, &[3, 2], &[1, 3], 100..124).unwrap();
        assert!(transposed.strides.is_some() && transposed.bytes == (100..124));
        assert_eq!(place(1, &[], &[], 100..124).unwrap().bytes, 104..108);
        assert!(place(usize::MAX, &[0, usize::MAX], &[1, 1], 100..124).unwrap().bytes.is_empty());
    }

    #[test]
    fn views_that_leave_or_multiply_their_storage_are_damage() {
        let huge = usize::MAX;
        for (offset, shape, strides) in [
            (0, vec![7], vec![1]),
            (6, vec![], vec![]),
            (1, vec![2, 3], vec![3, 1]),
            (0, vec![2], vec![6]),
            (0, vec![2, 2], vec![1]),
            (0, vec![7], vec![0]),
            (0, vec![1 << 40, 1 << 40], vec![0, 0]),
            (0, vec![2], vec![huge]),
            (huge, vec![1], vec![1]),
            (0, vec![huge], vec![huge]),
            (0, vec![1; 9], vec![1; 9]),
        ] {
            assert!(place(offset, &shape, &strides, 100..124).is_err(), "{offset} {shape:?} {strides:?}");
        }
    }
}
