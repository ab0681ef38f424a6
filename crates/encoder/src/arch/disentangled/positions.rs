//! What relative positions add to the products of queries and keys, in one layer.
//!
//! Content to position is the product of a query with the projected position of its distance to a key, position to content
//! that of a key with the projected position of its distance from a query. Both are made for all distances of a text at
//! once, `[tokens, 2 * length - 1]`; the ones that belong to a pair of tokens lie on diagonals, which are a view with
//! other strides. No index is gathered.

use tch::Tensor;

use super::distances::{Distances, Order};
use crate::Error;
use crate::arch::attention::Heads;

/// Rows of a bias are padded to a multiple of this, which CUDA's kernels want and would copy for.
const ALIGNMENT: i64 = 16;

/// The positions of one layer, projected and divided by the scale of attention.
pub(in crate::arch) struct Positions {
    /// What queries meet, `[heads, 2 * span, head]`, upside down.
    keys: Option<Tensor>,
    /// What keys meet, `[heads, 2 * span, head]`.
    queries: Option<Tensor>,
}

impl Positions {
    /// Of projected tables `[2 * span, heads * head]`, by the scale of attention.
    pub(in crate::arch) fn new(
        keys: Option<Tensor>,
        queries: Option<Tensor>,
        heads: i64,
        scale: f64,
    ) -> Result<Self, Error> {
        let split = |table: Tensor| -> Result<Tensor, Error> {
            Ok(table.f_mul_scalar(scale)?.f_view([table.size()[0], heads, -1])?.f_transpose(0, 1)?)
        };
        let keys = keys.map(|table| split(table)?.f_flip([1]).map_err(Error::from)).transpose()?;
        let queries = queries.map(|table| Ok::<_, Error>(split(table)?.f_contiguous()?)).transpose()?;
        Ok(Self { keys, queries })
    }

    /// `[texts, heads, length, length]`, or `None` where positions add nothing.
    pub(super) fn bias(&self, heads: &Heads, distances: &Distances) -> Result<Option<Tensor>, Error> {
        let length = heads.queries.size()[2];
        let product = |content: &Tensor, table: &Option<Tensor>, order| {
            let Some(table) = table else { return Ok(None) };
            diagonals(content, &distances.select(table, order, length)?).map(Some)
        };
        let content_to_position = product(&heads.queries, &self.keys, Order::KeyLessQuery)?;
        let position_to_content = product(&heads.keys, &self.queries, Order::QueryLessKey)?
            .map(|bias| bias.f_transpose(2, 3))
            .transpose()?;
        match (content_to_position, position_to_content) {
            (Some(one), Some(other)) => Ok(Some(sum(&one, &other)?)),
            (one, other) => Ok(one.or(other)),
        }
    }
}

/// Products of `content` `[texts, heads, length, head]` with `positions` `[heads, 2 * length - 1, head]`: for each two
/// places `i` and `j` that of token `i` with the position of `j - i`, `[texts, heads, length, length]`.
fn diagonals(content: &Tensor, positions: &Tensor) -> Result<Tensor, Error> {
    let size = content.size();
    let (texts, heads, length, width) = (size[0], size[1], size[2], 2 * size[2] - 1);
    let rows = content.f_transpose(0, 1)?.f_reshape([heads, texts * length, -1])?;
    let products = rows.f_bmm(&positions.f_transpose(1, 2)?)?;
    // Row `i` begins at `i * width`, and `j - i = 0` lies `length - 1` behind it.
    let strides = [length * width, texts * length * width, width - 1, 1];
    Ok(products.f_as_strided([texts, heads, length, length], strides, length - 1)?)
}

/// `one + other`, in aligned rows.
fn sum(one: &Tensor, other: &Tensor) -> Result<Tensor, Error> {
    let size = one.size();
    let aligned = (size[3] + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    let rows = one.f_new_empty([size[0], size[1], size[2], aligned], (one.f_kind()?, one.device()))?;
    let bias = rows.f_narrow(3, 0, size[3])?;
    Ok(one.f_add_out(&bias, other)?)
}
