//! Rotary positions (Su et al. 2021): queries and keys are turned by their place, pair by pair of a head's values, so that
//! their products depend on how far apart they are.
//!
//! The pairs are those of transformers' `rotate_half`: a value of a head's first half and the one half a head behind it.
//! Angles are float32 in every element type. They are made anew for each batch, since a table of all places would cost
//! more memory than it saves time.

use tch::{Device, Kind, Tensor};

use crate::Error;
use crate::packing::{Group, PackedBatch, signed};

/// How fast each pair turns.
pub(super) struct Rotary {
    head: usize,
    theta: f64,
    /// Angle from one place to the next, `[head / 2]`, float32.
    speeds: Tensor,
    stretch: Option<Stretch>,
}

/// Dynamic NTK scaling: texts longer than the model was trained on turn slower, by their own length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stretch {
    pub(super) factor: f64,
    /// Length up to which nothing changes, in tokens.
    pub(super) trained: usize,
}

/// The turns of one batch's rows.
pub(super) struct Turns {
    /// `[rows, 1, head]`, as `sine`; the sine's first half is negative.
    cosine: Tensor,
    sine: Tensor,
}

impl Rotary {
    /// For heads `head` wide, an even number; the slowest pair's wavelength is about `2π · theta`.
    pub(super) fn new(head: usize, theta: f64, device: Device) -> Result<Self, Error> {
        let speeds = speeds(head, theta)?.f_to_device(device)?;
        Ok(Self { head, theta, speeds, stretch: None })
    }

    /// With longer texts stretched.
    pub(super) fn stretched(self, stretch: Option<Stretch>) -> Self {
        Self { stretch, ..self }
    }

    /// The turns of all rows of `batch`.
    pub(super) fn turns(&self, batch: &PackedBatch) -> Result<Turns, Error> {
        let places = batch.positions.f_to_kind(Kind::Float)?.f_unsqueeze(1)?;
        let angles = places.f_mul(&self.speeds_of(batch)?)?.f_unsqueeze(1)?;
        let (cosine, sine) = (angles.f_cos()?, angles.f_sin()?);
        let [cosine, sine] = [[&cosine, &cosine], [&sine.f_neg()?, &sine]];
        Ok(Turns { cosine: Tensor::f_cat(&cosine, -1)?, sine: Tensor::f_cat(&sine, -1)? })
    }

    /// The speeds of each row, `[rows, head / 2]`, or `[head / 2]` where they are the same for all.
    fn speeds_of(&self, batch: &PackedBatch) -> Result<Tensor, Error> {
        let longest = batch.groups.last().map_or(0, |group| group.length);
        let Some(stretch) = self.stretch.filter(|stretch| longest > signed(stretch.trained)) else {
            return Ok(self.speeds.shallow_clone());
        };
        let group = |group: &Group| self.speeds_at(group.length, stretch, group.texts * group.length);
        let mut speeds: Vec<Tensor> = batch.groups.iter().map(group).collect::<Result<_, _>>()?;
        speeds.push(self.speeds_at(0, stretch, batch.spare)?);
        Ok(Tensor::f_cat(&speeds, 0)?)
    }

    /// The speeds in a text of `length` tokens, for `rows` rows.
    fn speeds_at(&self, length: i64, stretch: Stretch, rows: i64) -> Result<Tensor, Error> {
        let theta = stretch.theta(self.theta, self.head, length);
        let slower = if length > signed(stretch.trained) { Some(speeds(self.head, theta)?) } else { None };
        let speeds = slower
            .map_or_else(|| Ok(self.speeds.shallow_clone()), |s| s.f_to_device(self.speeds.device()))?;
        Ok(speeds.f_expand([rows, -1], false)?)
    }
}

impl Stretch {
    #[allow(clippy::cast_precision_loss)] // Lengths and widths are far below 2^52.
    fn theta(self, theta: f64, head: usize, length: i64) -> f64 {
        let (length, trained, head) = (length as f64, self.trained as f64, head as f64);
        theta * (self.factor * length / trained - (self.factor - 1.0)).powf(head / (head - 2.0))
    }
}

impl Turns {
    /// `x` `[rows, heads, head]` turned, in its own element type.
    pub(super) fn apply(&self, x: &Tensor) -> Result<Tensor, Error> {
        let half = self.cosine.size()[2] / 2;
        let mut turned = x.f_mul(&self.cosine)?;
        Ok(turned.f_addcmul_(&x.f_roll([half], [-1])?, &self.sine)?.f_to_kind(x.f_kind()?)?)
    }
}

/// `theta^(-2i / head)` for each pair `i`, on the processor and rounded as the reference rounds it.
fn speeds(head: usize, theta: f64) -> Result<Tensor, Error> {
    let pairs = Tensor::f_arange_start_step(0, signed(head), 2, (Kind::Float, Device::Cpu))?;
    Ok(Tensor::f_pow_scalar(theta, &pairs.f_div_scalar(signed(head))?)?.f_reciprocal()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tokens;
    use crate::packing::{Limits, Numbering};

    fn batch(lengths: &[usize]) -> PackedBatch {
        let limits = Limits { vocabulary: 10, positions: 512, numbering: Numbering::FromZero };
        let texts: Vec<Tokens> = lengths.iter().map(|&length| Tokens::new(vec![1; length])).collect();
        PackedBatch::new(&texts.iter().collect::<Vec<_>>(), limits, false, Device::Cpu).unwrap()
    }

    /// The turned rows of one text among others, every row being `state`.
    fn turned(rotary: &Rotary, lengths: &[usize], text: usize, state: &Tensor) -> Tensor {
        let batch = batch(lengths);
        let rows = state.view([1, 1, -1]).repeat([batch.ids.size()[0], 1, 1]);
        let turned = rotary.turns(&batch).unwrap().apply(&rows).unwrap();
        let start: usize = lengths[..text].iter().sum();
        turned.narrow(0, signed(start), signed(lengths[text])).squeeze_dim(1)
    }

    fn worst(a: &Tensor, b: &Tensor) -> f64 {
        (a - b).abs().max().double_value(&[])
    }

    #[test]
    fn products_depend_on_distance_alone() {
        tch::manual_seed(7);
        let rotary = Rotary::new(8, 100.0, Device::Cpu).unwrap();
        let [query, key] = [(); 2].map(|()| Tensor::randn([8], (Kind::Float, Device::Cpu)));
        let products = turned(&rotary, &[9], 0, &query).matmul(&turned(&rotary, &[9], 0, &key).tr());
        assert!(
            worst(&products.narrow(0, 0, 8).narrow(1, 0, 8), &products.narrow(0, 1, 8).narrow(1, 1, 8))
                < 1e-5
        );
        assert!(
            worst(&products.narrow(1, 0, 1), &products.narrow(1, 5, 1)) > 1e-2,
            "places make no difference"
        );
    }

    #[test]
    fn a_long_text_is_stretched_by_its_own_length_and_a_short_one_is_not() {
        tch::manual_seed(8);
        let plain = Rotary::new(8, 100.0, Device::Cpu).unwrap();
        let stretch = Some(Stretch { factor: 2.0, trained: 5 });
        let stretched = Rotary::new(8, 100.0, Device::Cpu).unwrap().stretched(stretch);
        let state = Tensor::randn([8], (Kind::Float, Device::Cpu));
        let same = |a: &Tensor, b: &Tensor| assert!(worst(a, b) == 0.0);
        same(&turned(&stretched, &[3, 5, 20], 1, &state), &turned(&plain, &[5], 0, &state));
        same(&turned(&stretched, &[3, 9, 9, 20], 2, &state), &turned(&stretched, &[9], 0, &state));
        assert!(worst(&turned(&stretched, &[9], 0, &state), &turned(&plain, &[9], 0, &state)) > 1e-2);
    }

    #[test]
    fn half_precision_keeps_its_type_and_turns_by_exact_angles() {
        let rotary = Rotary::new(2, 10_000.0, Device::Cpu).unwrap();
        let state = Tensor::from_slice(&[1.0_f32, 0.0]);
        let exact = turned(&rotary, &[300], 0, &state);
        let rounded = turned(&rotary, &[300], 0, &state.to_kind(Kind::BFloat16));
        assert_eq!(rounded.kind(), Kind::BFloat16);
        assert!(worst(&rounded.to_kind(Kind::Float), &exact) < 5e-3);
    }
}
