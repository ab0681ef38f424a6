//! The convolution over a text's tokens that DeBERTa v2's large models have beside their first layer.
//!
//! Each text is framed with zeros of its own, so that no window reaches into a neighbour. A window of rows that lie side by
//! side is one long row, so the convolution is a linear layer over windows; oneDNN then has no kernel to build for each
//! number and length of texts.

use tch::Tensor;

use crate::Error;
use crate::arch::activation::Activation;
use crate::arch::attention::each_group;
use crate::arch::layers::{LayerNorm, Linear};
use crate::packing::{Group, PackedBatch};
use crate::weights::Weights;

/// What the convolution's weights and sums follow from.
#[derive(Debug, Clone, Copy)]
pub(in crate::arch) struct Kernel {
    pub(in crate::arch) hidden: i64,
    /// Tokens in a window, an odd number.
    pub(in crate::arch) size: i64,
    /// Groups of channels that don't see each other.
    pub(in crate::arch) groups: i64,
    pub(in crate::arch) activation: Activation,
    pub(in crate::arch) epsilon: f64,
}

impl Kernel {
    /// Why there is no such convolution, if there is none.
    pub(in crate::arch) fn problem(self) -> Option<String> {
        let Self { hidden, size, groups, .. } = self;
        if size % 2 == 0 {
            Some(format!("A `conv_kernel_size` of {size} has no middle; only odd ones are supported."))
        } else if groups < 1 || hidden % groups != 0 {
            Some(format!("A hidden size of {hidden} can't be split among {groups} `conv_groups`."))
        } else {
            None
        }
    }
}

/// See the module.
pub(in crate::arch) struct Convolution {
    linear: Linear,
    norm: LayerNorm,
    kernel: Kernel,
}

impl Convolution {
    /// Takes the weights below `encoder.conv.`.
    pub(in crate::arch) fn take(weights: &mut Weights, kernel: Kernel) -> Result<Self, Error> {
        let Kernel { hidden, size, groups, .. } = kernel;
        let weight = weights.take("encoder.conv.conv.weight", &[hidden, hidden / groups, size])?;
        let bias = weights.take("encoder.conv.conv.bias", &[hidden])?;
        let weight = dense(&weight, groups)?.f_transpose(1, 2)?.f_reshape([hidden, size * hidden])?;
        Ok(Self {
            linear: Linear::new(weight, Some(bias), weights.placement())?,
            norm: LayerNorm::take(weights, "encoder.conv.LayerNorm", hidden, kernel.epsilon)?,
            kernel,
        })
    }

    /// Of the `embedded` tokens, added to the `states` behind the first layer; all `[rows, hidden]`.
    pub(super) fn forward(
        &self,
        embedded: &Tensor,
        states: &Tensor,
        batch: &PackedBatch,
    ) -> Result<Tensor, Error> {
        let windows = each_group(embedded, batch, |rows, group| windows(rows, group, self.kernel.size))?;
        let convolved = self.linear.forward_activated(&windows, self.kernel.activation)?;
        self.norm.forward(&states.f_add(&convolved)?)
    }
}

/// The rows of `size` neighbouring tokens as one for every token, `[texts * length, size * hidden]`.
fn windows(rows: &Tensor, group: &Group, size: i64) -> Result<Tensor, Error> {
    let (texts, length, around) = (group.texts, group.length, size / 2);
    let framed =
        rows.f_view([texts, length, -1])?.f_constant_pad_nd([0, 0, around, around])?.f_contiguous()?;
    let hidden = framed.size()[2];
    let strides = [(length + 2 * around) * hidden, hidden, 1];
    let windows = framed.f_as_strided([texts, length, size * hidden], strides, None)?;
    Ok(windows.f_reshape([texts * length, size * hidden])?)
}

/// `weight` `[hidden, hidden / groups, size]` as `[hidden, hidden, size]`, with zeros between channels of other groups.
fn dense(weight: &Tensor, groups: i64) -> Result<Tensor, Error> {
    let size = weight.size();
    let (hidden, width) = (size[0], size[1]);
    if groups == 1 {
        return Ok(weight.shallow_clone());
    }
    let dense = weight.f_new_zeros([hidden, hidden, size[2]], (weight.f_kind()?, weight.device()))?;
    for group in 0..groups {
        let outputs = hidden / groups;
        let mut block = dense.f_narrow(0, group * outputs, outputs)?.f_narrow(1, group * width, width)?;
        block.f_copy_(&weight.f_narrow(0, group * outputs, outputs)?)?;
    }
    Ok(dense)
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind};

    use super::*;

    #[test]
    fn a_window_ends_with_its_text() {
        let group = Group { start: 0, texts: 2, length: 2, prompt: 0 };
        let rows = Tensor::from_slice(&[1.0_f32, 2.0, 3.0, 4.0]).view([4, 1]);
        let windows = windows(&rows, &group, 3).unwrap();
        assert_eq!(
            windows,
            Tensor::from_slice(&[0.0_f32, 1., 2., 1., 2., 0., 0., 3., 4., 3., 4., 0.]).view([4, 3])
        );
    }

    #[test]
    fn channels_of_other_groups_have_no_weight() {
        let weight = Tensor::arange(8, (Kind::Float, Device::Cpu)).view([4, 2, 1]);
        let dense = dense(&weight, 2).unwrap().squeeze_dim(2);
        let expected = [0.0_f32, 1., 0., 0., 2., 3., 0., 0., 0., 0., 4., 5., 0., 0., 6., 7.];
        assert_eq!(dense, Tensor::from_slice(&expected).view([4, 4]));
    }

    #[test]
    fn kernels_without_a_middle_and_odd_groups_are_refused() {
        let kernel = Kernel { hidden: 32, size: 3, groups: 1, activation: Activation::Tanh, epsilon: 1e-7 };
        assert!(kernel.problem().is_none());
        assert!(Kernel { size: 4, ..kernel }.problem().unwrap().contains('4'));
        assert!(Kernel { groups: 3, ..kernel }.problem().unwrap().contains("3 `conv_groups`"));
    }
}
