//! From the distance between two tokens to the row of a table of relative positions.
//!
//! Distances are clamped to what the table spans, and DeBERTa v2 puts the far ones into buckets. Short texts meet neither:
//! their rows lie side by side in the table, and nothing is copied.

use tch::{Device, Kind, Tensor};

use crate::Error;

/// Buckets that widen with the logarithm of the distance (`make_log_bucket_position` in transformers).
#[derive(Debug, Clone, Copy)]
pub(in crate::arch) struct Buckets {
    /// Of both signs together.
    pub(in crate::arch) count: i64,
    /// The distance behind the last one that has a bucket.
    pub(in crate::arch) farthest: i64,
}

/// The rows of all distances in texts of any length, in a table of `2 * span` rows with distance 0 in row `span`.
pub(in crate::arch) struct Distances {
    /// Length of the longest text.
    longest: i64,
    span: i64,
    /// Longest text whose rows lie side by side.
    adjacent: i64,
    /// Rows of the distances from `1 - longest` to `longest - 1`, by [`Order`].
    rows: [Tensor; 2],
}

/// What a table's rows and the distances of two tokens are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// The query's place less the key's, as checkpoints have it.
    QueryLessKey,
    /// The key's place less the query's: the table upside down.
    KeyLessQuery,
}

impl Distances {
    /// For texts of up to `longest` tokens and a table that spans `span` either way.
    pub(in crate::arch) fn new(
        longest: i64,
        span: i64,
        buckets: Option<Buckets>,
        device: Device,
    ) -> Result<Self, Error> {
        let distances = Tensor::f_arange_start(1 - longest, longest, (Kind::Int64, Device::Cpu))?;
        let places = match buckets {
            Some(buckets) => buckets.of(&distances)?,
            None => distances,
        };
        let down = places.f_add_scalar(span)?.f_clamp(0, 2 * span - 1)?.f_to_device(device)?;
        let up = down.f_flip([0])?.f_neg()?.f_add_scalar(2 * span - 1)?;
        let adjacent = buckets.map_or(span, |buckets| span.min(buckets.count / 2 + 1));
        Ok(Self { longest, span, adjacent, rows: [down, up] })
    }

    /// The rows of `table` `[heads, 2 * span, head]` for texts of `length` tokens, `[heads, 2 * length - 1, head]`, the
    /// smallest distance first. Both the table and the distances are in `order`.
    pub(super) fn select(&self, table: &Tensor, order: Order, length: i64) -> Result<Tensor, Error> {
        let count = 2 * length - 1;
        if length <= self.adjacent {
            let zero = if order == Order::QueryLessKey { self.span } else { self.span - 1 };
            return Ok(table.f_narrow(1, zero + 1 - length, count)?);
        }
        let rows = &self.rows[usize::from(order == Order::KeyLessQuery)];
        Ok(table.f_index_select(1, &rows.f_narrow(0, self.longest - length, count)?)?)
    }
}

impl Buckets {
    /// Why there are no such buckets, if there are none.
    pub(in crate::arch) fn problem(self) -> Option<String> {
        let Self { count, farthest } = self;
        (count < 2 || farthest - 1 <= count / 2).then(|| {
            format!("{count} `position_buckets` can't be laid over {farthest} `max_relative_positions`.")
        })
    }

    /// The signed bucket of each distance. Near ones are their own; libtorch's logarithm in float32 keeps the edges of the
    /// others where the reference has them.
    fn of(self, distances: &Tensor) -> Result<Tensor, Error> {
        let middle = self.count / 2;
        let near = distances.f_abs()?;
        let far = near.f_clamp_min(middle - 1)?.f_to_kind(Kind::Float)?.f_div_scalar(middle)?.f_log()?;
        let widest = (self.farthest - 1) as f64 / middle as f64;
        let widest = Tensor::f_from_slice(&[widest as f32])?.f_log()?;
        let steps = far.f_div(&widest)?.f_mul_scalar(middle - 1)?.f_ceil()?.f_to_kind(Kind::Int64)?;
        let bucket = steps.f_add_scalar(middle)?.f_mul(&distances.f_sign()?)?;
        Ok(distances.f_where_self(&near.f_le(middle)?, &bucket)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By transformers 4.57.1's `make_log_bucket_position`: buckets, farthest, and the sum over all distances up to
    /// `farthest + 199` of the bucket times (distance modulo 97 plus 1).
    const SUMS: [(i64, i64, i64); 5] = [
        (256, 512, 6_859_521),
        (8, 40, 93_136),
        (128, 1024, 6_455_482),
        (5, 30, 40_213),
        (256, 1680, 19_315_612),
    ];

    #[test]
    fn buckets_end_where_the_references_do() {
        for (count, farthest, sum) in SUMS {
            let distances = Tensor::arange(farthest + 200, (Kind::Int64, Device::Cpu));
            let buckets = Buckets { count, farthest };
            let found = buckets.of(&distances).unwrap();
            let weighed = (&found * (distances.remainder(97) + 1)).sum(Kind::Int64);
            assert_eq!(i64::try_from(weighed).unwrap(), sum, "{buckets:?}");
            assert_eq!(buckets.of(&-distances).unwrap(), -found, "{buckets:?}");
        }
    }

    #[test]
    fn buckets_that_no_distance_fits_are_refused() {
        assert!(Buckets { count: 256, farthest: 512 }.problem().is_none());
        assert!(Buckets { count: 1, farthest: 512 }.problem().is_some());
        let problem = Buckets { count: 64, farthest: 33 }.problem().unwrap();
        assert!(problem.contains("64 `position_buckets`") && problem.contains("33"), "{problem}");
    }

    /// Row by row from the definition.
    fn expected(span: i64, buckets: Option<Buckets>, length: i64, sign: i64) -> Vec<i64> {
        let row = |distance: i64| {
            let place = match buckets {
                Some(buckets) => i64::try_from(buckets.of(&Tensor::from(distance)).unwrap()).unwrap(),
                None => distance,
            };
            (place + span).clamp(0, 2 * span - 1)
        };
        (1 - length..length).map(|distance| row(sign * distance)).collect()
    }

    #[test]
    fn rows_are_those_of_the_distances_in_either_order() {
        for (span, buckets) in [(12, None), (5, None), (8, Some(Buckets { count: 8, farthest: 10 }))] {
            let distances = Distances::new(12, span, buckets, Device::Cpu).unwrap();
            let table = Tensor::arange(2 * span, (Kind::Int64, Device::Cpu)).view([1, -1, 1]);
            for length in 1..=12 {
                let down = distances.select(&table, Order::QueryLessKey, length).unwrap();
                let up = distances.select(&table.flip([1]), Order::KeyLessQuery, length).unwrap();
                let rows = |selected: Tensor| Vec::<i64>::try_from(selected.reshape([-1])).unwrap();
                assert_eq!(rows(down), expected(span, buckets, length, 1), "{span} {length}");
                assert_eq!(rows(up), expected(span, buckets, length, -1), "{span} {length}");
            }
        }
    }

    #[test]
    fn short_texts_copy_nothing() {
        let distances = Distances::new(40, 8, Some(Buckets { count: 8, farthest: 40 }), Device::Cpu).unwrap();
        let table = Tensor::zeros([2, 16, 3], (Kind::Float, Device::Cpu));
        let copied = |length| {
            distances.select(&table, Order::KeyLessQuery, length).unwrap().stride()[0] != table.stride()[0]
        };
        assert_eq!([1, 5, 6].map(copied), [false, false, true]);
    }
}
