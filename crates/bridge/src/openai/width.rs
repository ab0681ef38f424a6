//! The width a caller asked for, whatever the engine made of it.
//!
//! `dimensions` means the first so many numbers, scaled to length 1: that is what OpenAI's own API, text-embeddings-inference
//! and gpu-service give. llama.cpp and others pass it over, and Infinity cuts without scaling. What is already so keeps its
//! bits. A vector wider than the model's is never made up.

use gpu_bridge_protocol::Vectors;

/// Of a length nearer to 1 than this a vector is taken to have been scaled, in half precision at the worst.
const NEAR: f32 = 2e-3;
/// Shorter vectors are not scaled up, as in gpu-service.
const SHORTEST: f32 = 1e-12;

/// Makes the vectors so wide.
///
/// # Errors
/// Says so where the model's are narrower.
pub(crate) fn cut(vectors: &mut Vectors, width: usize) -> Result<(), String> {
    let own = vectors.dimensions;
    if own < width {
        return Err(format!(
            "the model's vectors have {own} numbers, fewer than the {width} of `dimensions`"
        ));
    }
    let kept = vectors.data.chunks_exact(own).flat_map(|row| &row[..width]);
    vectors.data = kept.copied().collect();
    vectors.dimensions = width;
    vectors.data.chunks_exact_mut(width).for_each(scale);
    Ok(())
}

fn scale(row: &mut [f32]) {
    let length = row.iter().map(|number| number * number).sum::<f32>().sqrt();
    if (length - 1.0).abs() > NEAR && length > SHORTEST {
        row.iter_mut().for_each(|number| *number /= length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut_to(width: usize, data: &[f32], dimensions: usize) -> Result<Vec<f32>, String> {
        let mut vectors = Vectors { data: data.to_vec(), dimensions, ..Vectors::default() };
        cut(&mut vectors, width)?;
        assert_eq!(vectors.dimensions, width);
        Ok(vectors.data)
    }

    #[test]
    fn the_first_numbers_are_kept_at_length_one() {
        assert_eq!(cut_to(2, &[3.0, 4.0, 9.0, 0.0, -2.0, 1.0], 3).unwrap(), [0.6, 0.8, 0.0, -1.0]);
        assert_eq!(cut_to(2, &[3.0, 4.0], 2).unwrap(), [0.6, 0.8]);
        assert_eq!(cut_to(2, &[0.6001, 0.8001, 0.0, 0.0], 2).unwrap(), [0.6001, 0.8001, 0.0, 0.0]);
    }

    #[test]
    fn what_the_model_has_not_got_is_not_made_up() {
        let error = cut_to(4, &[1.0, 2.0, 3.0], 3).unwrap_err();
        assert_eq!(error, "the model's vectors have 3 numbers, fewer than the 4 of `dimensions`");
    }
}
