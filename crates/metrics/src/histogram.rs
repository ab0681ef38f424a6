//! How often a figure fell between which bounds.

/// See the module. `N` bounds make `N + 1` buckets.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram<const N: usize> {
    bounds: &'static [f64; N],
    counts: [u64; N],
    beyond: u64,
    sum: f64,
}

impl Histogram<16> {
    /// For durations in seconds: from a text on an idle device to a batch that takes as long as a caller waits.
    pub fn seconds() -> Self {
        Self::new(&[
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0,
        ])
    }
}

impl<const N: usize> Histogram<N> {
    /// `bounds` rise; each belongs to the bucket below it.
    pub fn new(bounds: &'static [f64; N]) -> Self {
        Self { bounds, counts: [0; N], beyond: 0, sum: 0.0 }
    }

    /// Counts a figure.
    pub fn observe(&mut self, figure: f64) {
        let bucket = self.bounds.partition_point(|bound| *bound < figure);
        *self.counts.get_mut(bucket).unwrap_or(&mut self.beyond) += 1;
        self.sum += figure;
    }

    /// How many figures there were.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum::<u64>() + self.beyond
    }

    /// All figures together.
    pub fn sum(&self) -> f64 {
        self.sum
    }

    /// Upper bounds, the last of them infinite, and the figures in each bucket alone.
    pub(crate) fn buckets(&self) -> Vec<(f64, u64)> {
        let bounded = self.bounds.iter().copied().zip(self.counts);
        bounded.chain([(f64::INFINITY, self.beyond)]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_the_bucket_below_it() {
        let mut histogram = Histogram::new(&[1.0, 2.0]);
        [0.0, 1.0, 1.5, 2.0, 9.0].into_iter().for_each(|figure| histogram.observe(figure));
        assert_eq!(histogram.buckets(), [(1.0, 2), (2.0, 2), (f64::INFINITY, 1)]);
        assert_eq!((histogram.count(), histogram.sum()), (5, 13.5));
    }
}
