//! Attention within a window over a long text, block by block: its cost grows with the length and not with its square.
//!
//! A block of queries meets its own tokens and those that the window reaches before and behind it, its span. Spans overlap,
//! so keys and values are looked at several times; places beyond the text are filled up and forbidden.

use tch::{Device, Kind, Tensor};

use super::Window;
use crate::Error;
use crate::arch::attention::{Attention, Heads};

/// Queries of a block at least, however narrow the window is.
const SIZE: i64 = 64;

/// How a text is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Blocks {
    window: Window,
    /// Tokens of the text.
    length: i64,
    /// Queries of a block.
    size: i64,
}

impl Blocks {
    /// `None` where the text as a whole costs hardly more.
    pub(super) fn of(window: Window, length: i64) -> Option<Self> {
        let blocks = Self { window, length, size: (window.back + window.ahead).max(SIZE) };
        (length > blocks.span() + blocks.size).then_some(blocks)
    }

    fn span(self) -> i64 {
        self.size + self.window.back + self.window.ahead
    }

    /// Number of blocks.
    fn count(self) -> i64 {
        (self.length + self.size - 1) / self.size
    }

    /// What each block's products get, `[blocks, 1, size, span]`: minus infinity outside the window or the text.
    pub(super) fn bias(self, like: (Kind, Device)) -> Result<Tensor, Error> {
        let places = Tensor::f_arange(self.span(), (Kind::Int64, like.1))?.f_sub_scalar(self.window.back)?;
        let starts =
            Tensor::f_arange_start_step(0, self.count() * self.size, self.size, (Kind::Int64, like.1))?;
        let keys = starts.f_unsqueeze(1)?.f_add(&places)?.f_view([-1, 1, 1, self.span()])?;
        let outside = keys.f_lt(0)?.f_logical_or(&keys.f_ge(self.length)?)?;
        let closed = Tensor::f_full([self.size, self.span()], f64::NEG_INFINITY, like)?;
        let reach = self.window.back + self.window.ahead;
        let window = closed.f_triu(reach + 1)?.f_add(&closed.f_tril(-1)?)?;
        Ok(window.f_masked_fill(&outside, f64::NEG_INFINITY)?)
    }

    /// As [`Heads::attend`], with the bias that [`Self::bias`] gave.
    pub(super) fn attend(self, heads: &Heads, bias: &Tensor) -> Result<Tensor, Error> {
        let texts = heads.queries.size()[0];
        let queries = self.padded(&heads.queries, 0, 0)?;
        let [_, _, count, head] = queries.size()[..] else { return Ok(queries) };
        let blocks = Heads {
            queries: queries.f_view([-1, self.size, count, head])?.f_transpose(1, 2)?,
            keys: self.spans(&heads.keys)?,
            values: self.spans(&heads.values)?,
        };
        let bias = bias.f_repeat([texts, 1, 1, 1])?;
        let rows = blocks.attend(&Attention { bias: Some(&bias), ..Attention::default() })?;
        let width = count * head;
        let rows = rows.f_view([texts, -1, width])?.f_narrow(1, 0, self.length)?;
        Ok(rows.f_reshape([-1, width])?)
    }

    /// `[texts, heads, length, head]` to what each block sees, `[texts * blocks, heads, span, head]`.
    fn spans(self, x: &Tensor) -> Result<Tensor, Error> {
        let padded = self.padded(x, self.window.back, self.window.ahead)?;
        let [_, _, heads, head] = padded.size()[..] else { return Ok(padded) };
        let spans = padded.f_unfold(1, self.span(), self.size)?.f_permute([0, 1, 2, 4, 3])?;
        Ok(spans.f_reshape([-1, heads, self.span(), head])?)
    }

    /// `[texts, heads, length, head]` to whole blocks, with more places before and behind them, `[texts, places, heads, head]`.
    fn padded(self, x: &Tensor, before: i64, behind: i64) -> Result<Tensor, Error> {
        let behind = behind + self.count() * self.size - self.length;
        Ok(x.f_transpose(1, 2)?.f_constant_pad_nd([0, 0, 0, 0, before, behind])?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIKE: (Kind, Device) = (Kind::Float, Device::Cpu);

    fn heads(texts: i64, length: i64) -> Heads {
        let made = |heads| Tensor::randn([texts, length, heads, 8], LIKE).transpose(1, 2);
        Heads { queries: made(4), keys: made(2), values: made(2) }
    }

    #[test]
    fn blocks_equal_the_text_as_a_whole() {
        tch::manual_seed(9);
        for (back, ahead, length) in [(6, 6, 200), (40, 0, 209), (50, 50, 301), (1, 70, 512), (64, 64, 385)] {
            let (window, heads) = (Window { back, ahead }, heads(3, length));
            let whole = Attention { bias: Some(&window.bias(length, LIKE).unwrap()), ..Attention::default() };
            let expected = heads.attend(&whole).unwrap();
            let blocks = Blocks::of(window, length).unwrap();
            let found = blocks.attend(&heads, &blocks.bias(LIKE).unwrap()).unwrap();
            let apart = (&found - &expected).abs().max().double_value(&[]);
            assert!(found.size() == expected.size() && apart < 1e-6, "{back} {ahead} {length}: {apart}");
        }
    }

    #[test]
    fn a_text_of_a_few_spans_is_left_whole() {
        let window = Window { back: 64, ahead: 64 };
        assert_eq!((Blocks::of(window, 384), Blocks::of(window, 385).unwrap().count()), (None, 4));
    }
}
