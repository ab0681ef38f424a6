//! What becomes of a raw vector after the device: cut, scale, or leave as it is.
//!
//! This is plain arithmetic on the host, so that requests which differ only here share one forward on the device.

use crate::Error;

/// As `torch.nn.functional.normalize`: a shorter vector is not scaled up.
const EPSILON: f32 = 1e-12;

/// What a caller wants of a vector.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutputOptions {
    /// `None`: as the model's pipeline says; `Some(true)`: what is answered has length 1; `Some(false)`: without the
    /// pipeline's last Normalize.
    pub normalize: Option<bool>,
    /// How many leading dimensions to keep; `None`: as many as the model's settings say, else all.
    pub cut: Option<Cut>,
}

/// The two ways to keep a vector's leading dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// What is left is scaled to length 1, as OpenAI and text-embeddings-inference do with `dimensions`, unless `normalize` is
    /// `Some(false)`.
    Dimensions(usize),
    /// Nothing is scaled after the cut, as sentence-transformers does with `truncate_dim`, unless `normalize` is `Some(true)`.
    TruncateDim(usize),
}

/// The end of a model's pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VectorHead {
    dimensions: usize,
    normalize: bool,
    truncate_dim: Option<usize>,
}

impl Cut {
    /// How many dimensions are kept.
    pub fn width(self) -> usize {
        match self {
            Self::Dimensions(width) | Self::TruncateDim(width) => width,
        }
    }
}

impl VectorHead {
    pub(crate) fn new(dimensions: usize, normalize: bool, truncate_dim: Option<usize>) -> Self {
        // The reference takes more than there is for all.
        let truncate_dim = truncate_dim.filter(|width| *width < dimensions);
        Self { dimensions, normalize, truncate_dim }
    }

    /// Width of an uncut vector.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Width of a vector where the caller asks for none.
    pub fn default_dimensions(&self) -> usize {
        self.truncate_dim.unwrap_or(self.dimensions)
    }

    /// `rows` `[n, dimensions]`, row-major, to `[n, d]` and `d`.
    ///
    /// # Errors
    /// [`Error::Dimensions`] for a cut to nothing or to more than there is, [`Error::Length`] for rows of another width.
    pub fn finish(&self, rows: Vec<f32>, options: &OutputOptions) -> Result<(Vec<f32>, usize), Error> {
        let width = options.cut.map_or(self.default_dimensions(), Cut::width);
        if width == 0 || width > self.dimensions {
            return Err(Error::Dimensions { asked: width, available: self.dimensions });
        }
        if !rows.len().is_multiple_of(self.dimensions) {
            let expected = rows.len() / self.dimensions * self.dimensions;
            return Err(Error::Length { what: "A block of vectors", found: rows.len(), expected });
        }
        let (before, after) = self.scaling(options);
        let mut rows = scaled(rows, self.dimensions, before);
        if width < self.dimensions {
            rows = rows.chunks_exact(self.dimensions).flat_map(|row| row[..width].iter().copied()).collect();
        }
        Ok((scaled(rows, width, after), width))
    }

    /// Whether vectors are scaled to length 1 before the cut, and whether after it.
    fn scaling(&self, options: &OutputOptions) -> (bool, bool) {
        match (options.cut, options.normalize) {
            (_, Some(asked)) => (false, asked),
            (Some(Cut::Dimensions(_)), None) => (false, true),
            (Some(Cut::TruncateDim(_)) | None, None) => (self.normalize, false),
        }
    }
}

fn scaled(mut rows: Vec<f32>, width: usize, scale: bool) -> Vec<f32> {
    if scale {
        rows.chunks_exact_mut(width).for_each(scale_to_one);
    }
    rows
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

    fn finish(head: &VectorHead, normalize: Option<bool>, cut: Option<Cut>) -> Vec<f32> {
        let (rows, width) =
            head.finish(vec![3.0, 4.0, 12.0, 6.0, 8.0, 0.0], &OutputOptions { normalize, cut }).unwrap();
        assert_eq!(rows.len(), 2 * width);
        rows
    }

    fn close(found: &[f32], expected: &[f32]) {
        assert_eq!(found.len(), expected.len());
        assert!(
            found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6),
            "{found:?} is not {expected:?}"
        );
    }

    #[test]
    fn the_pipeline_decides_unless_the_caller_does() {
        let (plain, scaled) = (VectorHead::new(3, false, None), VectorHead::new(3, true, None));
        let (raw, unit) =
            ([3.0, 4.0, 12.0, 6.0, 8.0, 0.0], [3.0 / 13.0, 4.0 / 13.0, 12.0 / 13.0, 0.6, 0.8, 0.0]);
        close(&finish(&plain, None, None), &raw);
        close(&finish(&plain, Some(true), None), &unit);
        close(&finish(&scaled, None, None), &unit);
        close(&finish(&scaled, Some(false), None), &raw);
    }

    #[test]
    fn dimensions_are_scaled_again_unless_scaling_is_off() {
        for head in [VectorHead::new(3, false, None), VectorHead::new(3, true, None)] {
            close(&finish(&head, None, Some(Cut::Dimensions(2))), &[0.6, 0.8, 0.6, 0.8]);
            close(&finish(&head, Some(false), Some(Cut::Dimensions(1))), &[3.0, 6.0]);
        }
    }

    #[test]
    fn truncate_dim_is_the_last_step_unless_scaling_is_asked_for() {
        let cut = Some(Cut::TruncateDim(2));
        let (plain, scaled) = (VectorHead::new(3, false, None), VectorHead::new(3, true, None));
        close(&finish(&plain, None, cut), &[3.0, 4.0, 6.0, 8.0]);
        close(&finish(&scaled, None, cut), &[3.0 / 13.0, 4.0 / 13.0, 0.6, 0.8]);
        close(&finish(&scaled, Some(true), cut), &[0.6, 0.8, 0.6, 0.8]);
        close(&finish(&scaled, Some(false), cut), &[3.0, 4.0, 6.0, 8.0]);
    }

    #[test]
    fn the_models_own_truncate_dim_holds_where_the_caller_asks_for_none() {
        let head = VectorHead::new(3, false, Some(2));
        assert_eq!((head.dimensions(), head.default_dimensions()), (3, 2));
        close(&finish(&head, None, None), &[3.0, 4.0, 6.0, 8.0]);
        close(&finish(&head, None, Some(Cut::TruncateDim(3))), &[3.0, 4.0, 12.0, 6.0, 8.0, 0.0]);
        assert_eq!(VectorHead::new(3, false, Some(9)).default_dimensions(), 3);
    }

    #[test]
    fn impossible_widths_are_refused_with_both_numbers() {
        let head = VectorHead::new(3, false, None);
        for wrong in [Cut::Dimensions(0), Cut::Dimensions(4), Cut::TruncateDim(0), Cut::TruncateDim(4)] {
            let error =
                head.finish(vec![0.0; 3], &OutputOptions { normalize: None, cut: Some(wrong) }).unwrap_err();
            assert_eq!(error.code(), "invalid_field");
            assert!(
                error.to_string().contains(&wrong.width().to_string()) && error.to_string().contains('3')
            );
        }
        assert!(head.finish(vec![0.0; 4], &OutputOptions::default()).is_err());
    }
}
