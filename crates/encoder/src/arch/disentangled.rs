//! The encoder that DeBERTa v1 and v2 share (He et al. 2020 and 2021): BERT's layers with attention that weighs content
//! and relative position apart ("disentangled").
//!
//! What positions add depends on the weights alone up to one product a layer, so their projections are made at load, and
//! attention gets that product as a bias. The versions differ in how a checkpoint spells a layer and in which row a
//! distance has; that is for `deberta.rs` and `deberta_v2.rs`.

mod config;
mod convolution;
mod distances;
mod embeddings;
mod kinds;
mod layer;
mod positions;
mod projection;
mod relative;
mod talking_heads;

use tch::Tensor;

pub(super) use config::DebertaConfig;
pub(super) use convolution::{Convolution, Kernel};
pub(super) use distances::Buckets;
pub(super) use embeddings::Embeddings;
pub(super) use layer::Layer;
pub(super) use positions::Positions;
pub(super) use projection::Projection;
pub(super) use relative::Relative;
pub(super) use talking_heads::TalkingHeads;

use super::Encoder;
use crate::Error;
use crate::packing::PackedBatch;

/// What a checkpoint of either version may hold beside the encoder.
pub(super) const UNUSED: [&str; 7] = [
    "pooler.",
    "classifier.",
    "cls.",
    "lm_predictions.",
    "mask_predictions.",
    "qa_outputs.",
    "embeddings.position_ids",
];

/// A loaded model.
pub(super) struct Disentangled {
    pub(super) embeddings: Embeddings,
    /// `None` where attention is to content alone.
    pub(super) relative: Option<Relative>,
    pub(super) layers: Vec<Layer>,
    /// Of the embeddings, added behind the first layer.
    pub(super) convolution: Option<Convolution>,
}

impl Encoder for Disentangled {
    fn forward(&self, batch: &PackedBatch) -> Result<Tensor, Error> {
        let embedded = self.embeddings.forward(batch)?;
        let distances = self.relative.as_ref().map(|relative| &relative.distances);
        let mut states = embedded.shallow_clone();
        for (number, layer) in self.layers.iter().enumerate() {
            states = layer.forward(&states, batch, distances)?;
            if let (0, Some(convolution)) = (number, &self.convolution) {
                states = convolution.forward(&embedded, &states, batch)?;
            }
        }
        Ok(states)
    }
}
