//! What becomes of a raw vector after the device: cut, scale, or leave as it is.
//!
//! This is plain arithmetic on the host, so that requests which differ only here share one forward on the device.

use crate::Error;

/// As `torch.nn.functional.normalize`: a shorter vector is not scaled up.
const EPSILON: f32 = 1e-12;

/// What a caller wants of a vector.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutputOptions {
    /// `None`: as the model's pipeline says; `Some(true)`: length 1; `Some(false)`: as pooled, whatever the pipeline says.
    pub normalize: Option<bool>,
    /// Keep this many leading dimensions. The rest is scaled to length 1 again, as OpenAI and text-embeddings-inference do
    /// (sentence-transformers' `truncate_dim` does not), unless `normalize` is `Some(false)`.
    pub dimensions: Option<usize>,
}

/// The end of a model's pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VectorHead {
    dimensions: usize,
    normalize: bool,
}

impl VectorHead {
    pub(crate) fn new(dimensions: usize, normalize: bool) -> Self {
        Self { dimensions, normalize }
    }

    /// Width of an uncut vector.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// `rows` `[n, dimensions]`, row-major, to `[n, d]` and `d`.
    pub fn finish(&self, rows: Vec<f32>, options: &OutputOptions) -> Result<(Vec<f32>, usize), Error> {
        let width = options.dimensions.unwrap_or(self.dimensions);
        if width == 0 || width > self.dimensions {
            return Err(Error::Dimensions { asked: width, available: self.dimensions });
        }
        if !rows.len().is_multiple_of(self.dimensions) {
            let expected = rows.len() / self.dimensions * self.dimensions;
            return Err(Error::Length { what: "A block of vectors", found: rows.len(), expected });
        }
        let mut rows = cut(rows, self.dimensions, width);
        if options.normalize.unwrap_or(self.normalize || options.dimensions.is_some()) {
            rows.chunks_exact_mut(width).for_each(scale_to_one);
        }
        Ok((rows, width))
    }
}

fn cut(rows: Vec<f32>, from: usize, to: usize) -> Vec<f32> {
    if from == to {
        rows
    } else {
        rows.chunks_exact(from).flat_map(|row| row[..to].iter().copied()).collect()
    }
}

fn scale_to_one(row: &mut [f32]) {
    let squares: f64 = row.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
    #[allow(clippy::cast_possible_truncation)]
    let norm = (squares.sqrt() as f32).max(EPSILON);
    row.iter_mut().for_each(|x| *x /= norm);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(normalize: Option<bool>, dimensions: Option<usize>) -> OutputOptions {
        OutputOptions { normalize, dimensions }
    }

    #[test]
    fn the_pipeline_decides_unless_the_caller_does() {
        let rows = || vec![3.0, 4.0, 0.0, 0.0];
        let (plain, scaled) = (VectorHead::new(2, false), VectorHead::new(2, true));
        let unit = vec![0.6, 0.8, 0.0, 0.0];
        assert_eq!(plain.finish(rows(), &options(None, None)).unwrap(), (rows(), 2));
        assert_eq!(plain.finish(rows(), &options(Some(true), None)).unwrap(), (unit.clone(), 2));
        assert_eq!(scaled.finish(rows(), &options(None, None)).unwrap(), (unit, 2));
        assert_eq!(scaled.finish(rows(), &options(Some(false), None)).unwrap(), (rows(), 2));
    }

    #[test]
    fn a_cut_vector_is_scaled_again_unless_scaling_is_off() {
        let head = VectorHead::new(3, false);
        let rows = || vec![3.0, 4.0, 5.0, 6.0, 8.0, 1.0];
        assert_eq!(head.finish(rows(), &options(None, Some(2))).unwrap(), (vec![0.6, 0.8, 0.6, 0.8], 2));
        assert_eq!(head.finish(rows(), &options(Some(false), Some(1))).unwrap(), (vec![3.0, 6.0], 1));
    }

    #[test]
    fn impossible_widths_are_refused_with_both_numbers() {
        let head = VectorHead::new(3, false);
        for wrong in [0, 4] {
            let error = head.finish(vec![0.0; 3], &options(None, Some(wrong))).unwrap_err();
            assert_eq!(error.code(), "invalid_field");
            assert!(error.to_string().contains(&wrong.to_string()) && error.to_string().contains('3'));
        }
        assert!(head.finish(vec![0.0; 4], &OutputOptions::default()).is_err());
    }
}
