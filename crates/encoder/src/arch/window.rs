//! Attention within a window: a token sees only tokens that are near enough.
//!
//! What lies outside gets minus infinity as a bias. A text that fits into the window as a whole needs none, and one that is
//! much longer is cut into blocks.

mod blocks;

use tch::{Device, Kind, Tensor};

use self::blocks::Blocks;
use super::attention::{Attention, Heads};
use super::biases::Biases;
use crate::Error;
use crate::packing::{Group, PackedBatch};

/// How far a token sees, in tokens beside itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) back: i64,
    pub(super) ahead: i64,
}

/// A window over the texts of one batch.
pub(super) struct Windows {
    window: Window,
    /// None for texts that the window holds.
    biases: Biases,
}

impl Window {
    /// This window over `batch`, for states like `states`.
    pub(super) fn over(self, batch: &PackedBatch, states: &Tensor) -> Result<Windows, Error> {
        let like = (states.f_kind()?, states.device());
        let biases = Biases::beyond(self.back.max(self.ahead) + 1, batch, |length| {
            Blocks::of(self, length).map_or_else(|| self.bias(length, like), |blocks| blocks.bias(like))
        })?;
        Ok(Windows { window: self, biases })
    }

    /// `[length, length]`.
    fn bias(self, length: i64, like: (Kind, Device)) -> Result<Tensor, Error> {
        let closed = Tensor::f_full([length, length], f64::NEG_INFINITY, like)?;
        Ok(closed.f_triu(self.ahead + 1)?.f_add(&closed.f_tril(-self.back - 1)?)?)
    }
}

impl Windows {
    /// As [`Heads::attend`] over the texts of `group`, each token seeing its window.
    pub(super) fn attend(&self, heads: &Heads, group: &Group) -> Result<Tensor, Error> {
        match (self.biases.get(group), Blocks::of(self.window, group.length)) {
            (Some(bias), Some(blocks)) => blocks.attend(heads, bias),
            (None, _) if self.window.ahead == 0 => {
                heads.attend(&Attention { causal: true, ..Attention::default() })
            }
            (bias, _) => heads.attend(&Attention { bias, ..Attention::default() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tokens;
    use crate::packing::{Limits, Numbering};

    /// Who sees whom in the last text of `lengths`; all where there is no bias.
    fn seen(window: Window, lengths: &[usize]) -> Option<Vec<Vec<bool>>> {
        let limits = Limits { vocabulary: 10, positions: 64, numbering: Numbering::FromZero };
        let texts: Vec<Tokens> = lengths.iter().map(|&length| Tokens::new(vec![1; length])).collect();
        let batch = PackedBatch::new(&texts.iter().collect::<Vec<_>>(), limits, false, Device::Cpu).unwrap();
        let states = Tensor::zeros([1, 1], (Kind::Float, Device::Cpu));
        let windows = window.over(&batch, &states).unwrap();
        let bias = windows.biases.get(batch.groups.last().unwrap())?;
        Some(
            Vec::<Vec<f32>>::try_from(bias)
                .unwrap()
                .iter()
                .map(|row| row.iter().map(|&b| b == 0.0).collect())
                .collect(),
        )
    }

    #[test]
    fn a_window_ends_on_both_sides() {
        let rows = seen(Window { back: 1, ahead: 2 }, &[2, 4]).unwrap();
        let [x, o] = [true, false];
        assert_eq!(rows, [[x, x, x, o], [x, x, x, x], [o, x, x, x], [o, o, x, x]]);
    }

    #[test]
    fn a_text_within_the_window_has_no_bias() {
        assert_eq!(seen(Window { back: 3, ahead: 0 }, &[4]), None);
        assert!(seen(Window { back: 3, ahead: 0 }, &[4, 5]).is_some());
        assert_eq!(seen(Window { back: 3, ahead: 3 }, &[4]), None);
    }
}
