//! Tokens to the states that the first layer sees: a table each for words, places and token types, a norm, and a layer to
//! the encoder's width where the tables are narrower.
//!
//! Nearly every token is of type 0, so that type's row is added to the places at load and costs nothing later.

use tch::Tensor;

use super::layers::{LayerNorm, Linear};
use crate::Error;
use crate::packing::{PackedBatch, signed};
use crate::weights::Weights;

/// The sizes of the tables.
pub(super) struct Tables {
    pub(super) vocabulary: usize,
    /// Rows of the table of places.
    pub(super) positions: usize,
    /// Rows at its beginning that no token has; RoBERTa begins at the id of padding.
    pub(super) skipped: usize,
    /// Rows of the table of token types, at least one; `None` where there is no such table.
    pub(super) types: Option<usize>,
    pub(super) width: usize,
    /// Of the norm.
    pub(super) epsilon: f64,
}

/// See the module.
pub(super) struct Embeddings {
    words: Tensor,
    /// `[positions, width]`, token type 0 included.
    places: Tensor,
    /// What each token type adds beyond type 0, `[types, width]`; `None` where there is but one.
    types: Option<Tensor>,
    norm: LayerNorm,
    projection: Option<Linear>,
}

impl Embeddings {
    /// Takes the tables and the norm below `embeddings.`.
    pub(super) fn take(weights: &mut Weights, tables: &Tables) -> Result<Self, Error> {
        let width = signed(tables.width);
        let mut table = |name: &str, rows: usize| {
            weights.take(&format!("embeddings.{name}_embeddings.weight"), &[signed(rows), width])
        };
        let words = table("word", tables.vocabulary)?;
        let (skipped, used) = (signed(tables.skipped), signed(tables.positions - tables.skipped));
        let places = table("position", tables.positions)?.f_narrow(0, skipped, used)?;
        let types = tables.types.map(|rows| table("token_type", rows)).transpose()?;
        let (places, types) = with_types(places, types)?;
        let norm = LayerNorm::take(weights, "embeddings.LayerNorm", width, tables.epsilon)?;
        Ok(Self { words, places, types, norm, projection: None })
    }

    /// With a layer behind the norm.
    pub(super) fn projected(self, projection: Linear) -> Self {
        Self { projection: Some(projection), ..self }
    }

    /// States of all rows of `batch`, `[rows, width]`.
    pub(super) fn forward(&self, batch: &PackedBatch) -> Result<Tensor, Error> {
        let words = self.words.f_index_select(0, &batch.ids)?;
        let mut embedded = words.f_add(&self.places.f_index_select(0, &batch.positions)?)?;
        if let (Some(table), Some(types)) = (&self.types, &batch.types) {
            embedded = embedded.f_add(&table.f_index_select(0, types)?)?;
        }
        let embedded = self.norm.forward(&embedded)?;
        match &self.projection {
            Some(projection) => projection.forward(&embedded),
            None => Ok(embedded),
        }
    }
}

/// Adds type 0 to the places and takes it from the types, of which one that stands alone is none.
fn with_types(places: Tensor, types: Option<Tensor>) -> Result<(Tensor, Option<Tensor>), Error> {
    let Some(types) = types else { return Ok((places, None)) };
    let first = types.f_narrow(0, 0, 1)?;
    let rest = if types.size()[0] > 1 { Some(types.f_sub(&first)?) } else { None };
    Ok((places.f_add(&first)?, rest))
}
