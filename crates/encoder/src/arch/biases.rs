//! What attention adds to its scaled products, made once a batch for each length of text and used by all its layers.

use std::collections::{BTreeMap, BTreeSet};

use tch::Tensor;

use crate::Error;
use crate::packing::{Group, PackedBatch};

/// One bias a length, each broadcast to `[texts, heads, length, length]`; none at all for plain attention.
#[derive(Default)]
pub(super) struct Biases(BTreeMap<i64, Tensor>);

impl Biases {
    /// Calls `make` once for each length in `batch`.
    pub(super) fn of(
        batch: &PackedBatch,
        make: impl Fn(i64) -> Result<Tensor, Error>,
    ) -> Result<Self, Error> {
        Self::beyond(0, batch, make)
    }

    /// Calls `make` once for each length in `batch` that is greater than `length`; shorter texts have no bias.
    pub(super) fn beyond(
        length: i64,
        batch: &PackedBatch,
        make: impl Fn(i64) -> Result<Tensor, Error>,
    ) -> Result<Self, Error> {
        let lengths = batch.groups.iter().map(|group| group.length).filter(|&found| found > length);
        let lengths: BTreeSet<i64> = lengths.collect();
        lengths.into_iter().map(|length| Ok((length, make(length)?))).collect::<Result<_, _>>().map(Self)
    }

    /// The bias of one group.
    pub(super) fn get(&self, group: &Group) -> Option<&Tensor> {
        self.0.get(&group.length)
    }
}
