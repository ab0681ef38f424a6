//! One layer: BERT's, with what relative positions add to attention.

use tch::Tensor;

use super::distances::Distances;
use super::positions::Positions;
use super::talking_heads::TalkingHeads;
use crate::Error;
use crate::arch::attention::{Attention, Heads};
use crate::arch::post_norm;
use crate::packing::{Group, PackedBatch};

/// Most numbers in one product with positions, 64 MiB in float32: a group of many or long texts is attended to in parts.
const PRODUCTS: i64 = 1 << 24;

/// See the module.
pub(in crate::arch) struct Layer {
    pub(in crate::arch) layer: post_norm::Layer,
    /// `None` where attention is to content alone.
    pub(in crate::arch) positions: Option<Positions>,
    /// `None` where each head attends alone.
    pub(in crate::arch) talking: Option<TalkingHeads>,
    pub(in crate::arch) heads: i64,
    /// What the products of queries and keys are multiplied with.
    pub(in crate::arch) scale: f64,
}

impl Layer {
    /// `states` `[rows, hidden]` to the same shape.
    pub(super) fn forward(
        &self,
        states: &Tensor,
        batch: &PackedBatch,
        distances: Option<&Distances>,
    ) -> Result<Tensor, Error> {
        self.layer.forward_by(states, batch, |rows, group| {
            let parts = parts(group, self.heads, PRODUCTS);
            let contexts = parts.map(|part| self.attend(&part.rows(rows)?, &part, distances));
            match &contexts.collect::<Result<Vec<_>, _>>()?[..] {
                [only] => Ok(only.shallow_clone()),
                many => Ok(Tensor::f_cat(many, 0)?),
            }
        })
    }

    fn attend(&self, rows: &Tensor, part: &Group, distances: Option<&Distances>) -> Result<Tensor, Error> {
        let heads = Heads::fused(rows, part, self.heads)?;
        let bias = match (&self.positions, distances) {
            (Some(positions), Some(distances)) => positions.bias(&heads, distances)?,
            _ => None,
        };
        let attention = Attention { bias: bias.as_ref(), causal: false, scale: Some(self.scale) };
        match &self.talking {
            Some(talking) => talking.attend(&heads, &attention),
            None => heads.attend(&attention),
        }
    }
}

/// `group` in parts whose products with positions hold at most `products` numbers, or a text each; their rows are counted
/// from the group's first.
fn parts(group: &Group, heads: i64, products: i64) -> impl Iterator<Item = Group> + use<> {
    let Group { texts, length, prompt, .. } = *group;
    let most = (products / (heads * length * 2 * length)).max(1);
    let starts = std::iter::successors(Some(0), move |first| Some(first + most))
        .take_while(move |&first| first < texts);
    starts.map(move |first| Group { start: first * length, texts: most.min(texts - first), length, prompt })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_falls_into_parts_of_bounded_products() {
        let group = Group { start: 70, texts: 5, length: 10, prompt: 0 };
        let cut =
            |products| parts(&group, 2, products).map(|part| (part.start, part.texts)).collect::<Vec<_>>();
        assert_eq!(cut(4000), [(0, 5)]);
        assert_eq!(cut(800), [(0, 2), (20, 2), (40, 1)]);
        assert_eq!(cut(1), [(0, 1), (10, 1), (20, 1), (30, 1), (40, 1)]);
    }
}
