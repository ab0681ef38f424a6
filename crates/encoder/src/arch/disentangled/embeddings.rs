//! Token ids to the states that the first layer sees. Beside words a checkpoint may have places and token types, and tables
//! that are narrower than the encoder, widened before the norm.

use tch::Tensor;

use super::config::DebertaConfig;
use crate::Error;
use crate::arch::layers::{LayerNorm, Linear};
use crate::packing::{PackedBatch, signed};
use crate::weights::Weights;

/// See the module.
pub(in crate::arch) struct Embeddings {
    words: Tensor,
    places: Option<Tensor>,
    types: Option<Tensor>,
    projection: Option<Linear>,
    norm: LayerNorm,
}

impl Embeddings {
    /// Takes the weights below `embeddings.` and leaves a table of places that the configuration has no use for.
    pub(in crate::arch) fn take(weights: &mut Weights, config: &DebertaConfig) -> Result<Self, Error> {
        let (width, hidden) = (signed(config.width()), signed(config.hidden_size));
        let mut table = |name: &str, rows: usize| {
            weights.take(&format!("embeddings.{name}_embeddings.weight"), &[signed(rows), width])
        };
        let words = table("word", config.vocab_size)?;
        let some = |rows: usize| (rows > 0).then_some(rows);
        let places = some(config.places()).map(|rows| table("position", rows)).transpose()?;
        let types = some(config.type_vocab_size).map(|rows| table("token_type", rows)).transpose()?;
        let projection = (width != hidden)
            .then(|| Linear::joined(weights, &[("embeddings.embed_proj", hidden)], width, false))
            .transpose()?;
        let norm = LayerNorm::take(weights, "embeddings.LayerNorm", hidden, config.layer_norm_eps)?;
        weights.ignore(|name| name == "embeddings.position_embeddings.weight");
        Ok(Self { words, places, types, projection, norm })
    }

    /// `[rows, hidden]`.
    pub(super) fn forward(&self, batch: &PackedBatch) -> Result<Tensor, Error> {
        let mut states = self.words.f_index_select(0, &batch.ids)?;
        if let Some(places) = &self.places {
            states = states.f_add(&places.f_index_select(0, &batch.positions)?)?;
        }
        if let Some(table) = &self.types {
            states = states.f_add(&types(table, batch)?)?;
        }
        if let Some(projection) = &self.projection {
            states = projection.forward(&states)?;
        }
        self.norm.forward(&states)
    }
}

/// One row for all where all tokens are of type 0; so are those of a model that knows no other.
fn types(table: &Tensor, batch: &PackedBatch) -> Result<Tensor, Error> {
    Ok(match &batch.types {
        Some(types) if table.size()[0] > 1 => table.f_index_select(0, types)?,
        _ => table.f_narrow(0, 0, 1)?,
    })
}
