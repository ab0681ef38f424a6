//! Greedy matching: each token takes its most similar one on the other side.
//!
//! Pairs are matched in blocks of similar size, one batched product a block, so that a thousand short pairs do not become
//! thousands of kernels. Inside a block a pair is padded, but that padding can never be matched, so the block's other pairs
//! change nothing; what the reference's own padding changes is said by each pair.

use tch::{Device, Kind, Tensor};

use super::{Padded, Pair, Score, TokenStates};
use crate::Error;
use crate::host::on_host;
use crate::packing::signed;

/// Most similarities of one block: 16 MiB in float32.
const BLOCK: usize = 4 << 20;

/// Scores of `pairs`, in their order.
pub(super) fn score(pairs: &[Pair<'_>]) -> Result<Vec<Score>, Error> {
    pairs.iter().try_for_each(Pair::check)?;
    let mut scores = vec![Score { precision: 0.0, recall: 0.0, f1: 0.0 }; pairs.len()];
    let mut order: Vec<usize> = (0..pairs.len()).filter(|&pair| !pairs[pair].is_empty()).collect();
    order.sort_by_key(|&pair| pairs[pair].sizes());
    for block in blocks(&order, pairs) {
        let chosen: Vec<Pair<'_>> = block.iter().map(|&pair| pairs[pair]).collect();
        for (&pair, (precision, recall)) in block.iter().zip(match_block(&chosen)?) {
            scores[pair] = pairs[pair].finished(pair, precision, recall)?;
        }
    }
    Ok(scores)
}

/// Cuts the sorted pairs so that no block's padded similarities exceed [`BLOCK`], but never to nothing.
fn blocks<'o>(order: &'o [usize], pairs: &[Pair<'_>]) -> Vec<&'o [usize]> {
    let mut blocks = Vec::new();
    let mut rest = order;
    while !rest.is_empty() {
        let (mut n, mut longest) = (0, (0, 0));
        for &pair in rest {
            let (candidate, reference) = pairs[pair].sizes();
            longest = (longest.0.max(candidate), longest.1.max(reference));
            if n > 0 && (n + 1) * longest.0 * longest.1 > BLOCK {
                break;
            }
            n += 1;
        }
        let (block, others) = rest.split_at(n);
        blocks.push(block);
        rest = others;
    }
    blocks
}

/// Precision and recall of each pair, one batched product for all.
fn match_block(pairs: &[Pair<'_>]) -> Result<Vec<(f32, f32)>, Error> {
    let candidates = Side::new(pairs.iter().map(|pair| pair.candidate))?;
    let references = Side::new(pairs.iter().map(|pair| pair.reference))?;
    let similar = candidates.rows.f_bmm(&references.rows.f_transpose(1, 2)?)?;
    let best = |padding: &Tensor, dim: i64, floor: &Tensor| -> Result<Tensor, Error> {
        Ok(similar.f_masked_fill(padding, f64::NEG_INFINITY)?.f_amax([dim], false)?.f_maximum(floor)?)
    };
    let device = similar.device();
    let floors = (
        floors(pairs, |padded| padded.reference, device)?,
        floors(pairs, |padded| padded.candidate, device)?,
    );
    let precision = candidates.weighted(&best(&references.padding.f_unsqueeze(1)?, 2, &floors.0)?)?;
    let recall = references.weighted(&best(&candidates.padding.f_unsqueeze(2)?, 1, &floors.1)?)?;
    Ok(on_host(&precision)?.into_iter().zip(on_host(&recall)?).collect())
}

/// The least a token's best can be, `[pairs, 1]`: 0 where the reference pads the side it is matched against.
fn floors(pairs: &[Pair<'_>], side: fn(&Padded) -> bool, device: Device) -> Result<Tensor, Error> {
    let floor = |pair: &Pair<'_>| if side(&pair.padded) { 0.0 } else { f32::NEG_INFINITY };
    let floors: Vec<f32> = pairs.iter().map(floor).collect();
    Ok(Tensor::f_from_slice(&floors)?.f_unsqueeze(1)?.f_to_device(device)?)
}

/// One side of a block of pairs, padded to its longest text.
struct Side {
    /// `[pairs, longest, hidden]`.
    rows: Tensor,
    /// `[pairs, longest]`, 0 for padding.
    weights: Tensor,
    /// `[pairs, longest]`, true for padding.
    padding: Tensor,
}

impl Side {
    fn new<'a>(texts: impl Iterator<Item = (&'a TokenStates, &'a [f32])> + Clone) -> Result<Self, Error> {
        let longest = texts.clone().map(|(states, _)| states.tokens()).max().unwrap_or(0);
        let padded = |text: (&TokenStates, &[f32])| {
            let missing = longest - text.0.tokens();
            let mut weights = text.1.to_vec();
            weights.resize(longest, 0.0);
            let padding: Vec<bool> = (0..longest).map(|token| token + missing >= longest).collect();
            let rows = text.0.rows.f_constant_pad_nd([0, 0, 0, signed(missing)])?;
            Ok::<_, Error>((rows, weights, padding))
        };
        let (mut rows, mut weights, mut padding) = (Vec::new(), Vec::new(), Vec::new());
        for text in texts {
            let (states, values, mask) = padded(text)?;
            rows.push(states);
            weights.extend(values);
            padding.extend(mask);
        }
        let device = rows.first().map_or(Device::Cpu, Tensor::device);
        let shape = [signed(rows.len()), signed(longest)];
        let table = |values: Tensor| values.f_view(shape)?.f_to_device(device);
        Ok(Self {
            rows: Tensor::f_stack(&rows, 0)?,
            weights: table(Tensor::f_from_slice(&weights)?)?,
            padding: table(Tensor::f_from_slice(&padding)?)?,
        })
    }

    /// The weighted mean of `best` `[pairs, longest]`; NaN where all weights are 0.
    fn weighted(&self, best: &Tensor) -> Result<Tensor, Error> {
        let sum = |values: &Tensor| values.f_sum_dim_intlist([1].as_slice(), false, Kind::Float);
        Ok(sum(&best.f_mul(&self.weights)?)?.f_div(&sum(&self.weights)?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// States of unit length in the plane, by their angles in degrees.
    fn states(angles: &[f32]) -> TokenStates {
        let rows: Vec<f32> = angles
            .iter()
            .map(|angle| angle.to_radians())
            .flat_map(|angle| [angle.cos(), angle.sin()])
            .collect();
        TokenStates::new(Tensor::f_from_slice(&rows).unwrap().f_view([-1, 2]).unwrap())
    }

    fn scored(candidate: &[f32], reference: &[f32], padded: Padded) -> Score {
        let (candidate, reference) = (states(candidate), states(reference));
        let pair = Pair {
            candidate: (&candidate, &[0.0, 1.0, 0.0]),
            reference: (&reference, &[0.0, 1.0, 0.0]),
            padded,
        };
        score(&[pair]).unwrap()[0]
    }

    fn close(found: f32, expected: f32) {
        assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
    }

    #[test]
    fn a_token_may_match_what_opens_or_closes_a_text_though_that_weighs_nothing() {
        let score = scored(&[180.0, 0.0, 270.0], &[0.0, 90.0, 120.0], Padded::default());
        close(score.precision, 1.0);
        close(score.recall, 0.0);
        close(score.f1, 0.0);
        let other = scored(&[180.0, 0.0, 270.0], &[60.0, 90.0, 120.0], Padded::default());
        close(other.precision, 0.5);
    }

    #[test]
    fn a_token_like_no_other_scores_below_0_unless_the_reference_pads_the_other_side() {
        let opposite = |padded| scored(&[0.0, 0.0, 0.0], &[180.0, 180.0, 180.0], padded);
        close(opposite(Padded::default()).precision, -1.0);
        let padded = opposite(Padded { candidate: false, reference: true });
        close(padded.precision, 0.0);
        close(padded.recall, -1.0);
    }
}
