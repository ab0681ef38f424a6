//! What MPNet adds to the products of two tokens: a number a head, by how far the second stands before or behind the first.
//!
//! Near distances have a bucket each and far ones share theirs, ever more of them (T5's scheme, Raffel et al. 2020). The
//! number for every distance that the model's positions allow is looked up once at load.

use tch::Tensor;

use crate::Error;
use crate::packing::signed;
use crate::weights::Weights;

/// Buckets for both directions together; whatever config.json says, the reference has no other number.
pub(super) const BUCKETS: usize = 32;

/// See the module.
pub(super) struct Distances {
    /// `[heads, 2 * positions - 1]`, from the farthest before to the farthest behind.
    table: Tensor,
    positions: i64,
}

impl Distances {
    /// Takes the encoder's table of `rows` buckets.
    pub(super) fn take(
        weights: &mut Weights,
        rows: usize,
        heads: usize,
        positions: usize,
    ) -> Result<Self, Error> {
        let name = "encoder.relative_attention_bias.weight";
        let by_bucket = weights.take(name, &[signed(rows), signed(heads)])?;
        let positions = signed(positions);
        let buckets: Vec<i64> = (1 - positions..positions).map(bucket).collect();
        let buckets = Tensor::f_from_slice(&buckets)?.f_to_device(by_bucket.device())?;
        let table = by_bucket.f_index_select(0, &buckets)?.f_transpose(0, 1)?.f_contiguous()?;
        Ok(Self { table, positions })
    }

    /// The bias of texts `length` long, `[1, heads, length, length]`: a window of the table for each token, the last
    /// token's first.
    pub(super) fn bias(&self, length: i64) -> Result<Tensor, Error> {
        let near = self.table.f_narrow(1, self.positions - length, 2 * length - 1)?;
        Ok(near.f_unfold(1, length, 1)?.f_flip([1])?.f_unsqueeze(0)?)
    }
}

/// The bucket of a token `distance` behind another: 0 to 15 for those before it, 16 to 31 for those behind.
///
/// From 8 on, `8 + ⌊8 · log(n / 8) / log(128 / 8)⌋`, which is `8 + ⌊log2(n² / 64)⌋`, and 15 at most.
fn bucket(distance: i64) -> i64 {
    let n = distance.abs();
    let near = if n < 8 { n } else { (8 + i64::from((n * n / 64).ilog2())).min(15) };
    if distance > 0 { near + 16 } else { near }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_widen_as_in_the_reference() {
        let distances = [0, 7, 8, 11, 12, 15, 16, 22, 23, 31, 32, 45, 46, 63, 64, 90, 91, 127, 128, 511];
        let expected = [0, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15, 15, 15];
        assert_eq!(distances.map(|n| bucket(-n)), expected);
        assert_eq!(bucket(0), 0);
        assert_eq!((bucket(1), bucket(8), bucket(511)), (17, 24, 31));
    }

    #[test]
    fn a_bias_is_the_table_by_distance() {
        let table = Tensor::arange(9, (tch::Kind::Float, tch::Device::Cpu)).view([1, 9]);
        let bias = Distances { table, positions: 5 }.bias(3).unwrap();
        assert_eq!(bias.size(), [1, 1, 3, 3]);
        let rows = Vec::<f32>::try_from(bias.view(-1)).unwrap();
        assert_eq!(rows, [4.0, 5.0, 6.0, 3.0, 4.0, 5.0, 2.0, 3.0, 4.0]);
    }
}
