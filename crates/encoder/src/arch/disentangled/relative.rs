//! The table of relative positions, one for all layers, before each layer projects it.

use tch::Tensor;

use super::config::DebertaConfig;
use super::distances::{Buckets, Distances};
use super::kinds::Kinds;
use crate::Error;
use crate::packing::signed;
use crate::weights::Weights;

const TABLE: &str = "encoder.rel_embeddings.weight";

/// See the module.
pub(in crate::arch) struct Relative {
    /// `[2 * span, hidden]`.
    pub(in crate::arch) table: Tensor,
    pub(in crate::arch) distances: Distances,
}

impl Relative {
    /// Takes the table for a model of `layers` layers; leaves it where it is there but meets neither queries nor keys.
    pub(in crate::arch) fn take(
        weights: &mut Weights,
        config: &DebertaConfig,
        layers: usize,
        buckets: Option<Buckets>,
    ) -> Result<Option<Self>, Error> {
        let Some(reach) = config.reach() else { return Ok(None) };
        if layers == 0 || config.kinds == Kinds::default() {
            weights.ignore(|name| name == TABLE);
            return Ok(None);
        }
        let span = buckets.map_or(reach, |buckets| buckets.count);
        let table = weights.take(TABLE, &[2 * span, signed(config.hidden_size)])?;
        let distances = Distances::new(config.longest(), span, buckets, weights.placement().device)?;
        Ok(Some(Self { table, distances }))
    }
}
