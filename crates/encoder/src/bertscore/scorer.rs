//! A model cut to the layer whose states are compared, on the device thread.

use std::path::Path;
use std::sync::Arc;

use gpu_bridge_torch_ext::inference_mode;
use tch::{Kind, Tensor};

use super::{Idf, Pair, Score, TokenStates, layers_for, matching};
use crate::arch::{Architecture, Encoder, Shape};
use crate::packing::{PackedBatch, signed};
use crate::weights::Placement;
use crate::{Device, Dtype, Error, ModelFacts, Tokenizer, Tokens};
use gpu_bridge_checkpoint::ModelFolder;

/// A loaded model for BERTScore.
pub struct BertScorer {
    encoder: Box<dyn Encoder>,
    shape: Shape,
    tokenizer: Arc<Tokenizer>,
    facts: ModelFacts,
    layers: usize,
    device: Device,
}

impl BertScorer {
    /// Loads the first layers of the model in `dir`: `num_layers` of them, else as many as the reference's table has for
    /// `model_name`, else all.
    pub fn load(
        dir: &Path,
        num_layers: Option<usize>,
        model_name: &str,
        device: Device,
        dtype: Dtype,
    ) -> Result<Self, Error> {
        device.check()?;
        inference_mode(|| Self::load_here(dir, num_layers, model_name, device, dtype))?
    }

    fn load_here(
        dir: &Path,
        num_layers: Option<usize>,
        model_name: &str,
        device: Device,
        dtype: Dtype,
    ) -> Result<Self, Error> {
        let folder = ModelFolder::new(dir);
        let architecture = Architecture::of(&folder)?;
        let shape = architecture.shape(&folder)?;
        let layers = num_layers.or_else(|| layers_for(model_name)).unwrap_or(shape.layers);
        shape.check_layers(layers, model_name)?;
        let tokenizer = Tokenizer::for_bertscore(&folder, shape.limits.positions)?;
        let placement = Placement { device: device.torch(), kind: dtype.kind() };
        let loaded = architecture.load(&folder, layers, placement)?;
        let (task, tokens) = (format!("bertscore {dtype}"), tokenizer.description());
        let facts = ModelFacts {
            dtype,
            dimensions: shape.hidden,
            max_seq_length: tokenizer.max_length(),
            memory_bytes: loaded.taken.bytes,
            fingerprint: loaded.fingerprint(&task, &tokens),
        };
        let (encoder, tokenizer) = (loaded.encoder, Arc::new(tokenizer));
        Ok(Self { encoder, shape, tokenizer, facts, layers, device })
    }

    /// The model's tokenizer, for any thread.
    pub fn tokenizer(&self) -> Arc<Tokenizer> {
        Arc::clone(&self.tokenizer)
    }

    /// What the model says about itself.
    pub fn facts(&self) -> &ModelFacts {
        &self.facts
    }

    /// The layer whose states are compared.
    pub fn num_layers(&self) -> usize {
        self.layers
    }

    /// States of each text's tokens, in the batch's order, scaled to length 1; they stay on the device.
    pub fn states(&self, batch: &[&Tokens]) -> Result<Vec<TokenStates>, Error> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        inference_mode(|| self.forward(batch))?
    }

    /// How well each pair matches, in the order of `pairs`; only the scores leave the device.
    pub fn score(&self, pairs: &[Pair<'_>]) -> Result<Vec<Score>, Error> {
        inference_mode(|| matching::score(pairs))?
    }

    /// One weight a token: without `idf` 1, and 0 for the tokens that open and close a text, also where the text itself
    /// spells them.
    pub fn weights(&self, tokens: &Tokens, idf: Option<&Idf>) -> Vec<f32> {
        let delimiters = self.tokenizer.delimiters();
        let plain = |id: i64| if delimiters.contains(&Some(id)) { 0.0 } else { 1.0 };
        tokens.ids.iter().map(|&id| idf.map_or_else(|| plain(id), |idf| idf.weight(id))).collect()
    }

    fn forward(&self, batch: &[&Tokens]) -> Result<Vec<TokenStates>, Error> {
        let packed = PackedBatch::new(batch, self.shape.limits, false, self.device.torch())?;
        let states = unit_rows(&self.encoder.forward(&packed)?)?;
        let mut start = 0;
        let mut placed = Vec::with_capacity(batch.len());
        for &text in &packed.order {
            let length = signed(batch[text].len());
            placed.push((text, TokenStates::new(states.f_narrow(0, start, length)?)));
            start += length;
        }
        placed.sort_by_key(|(text, _)| *text);
        Ok(placed.into_iter().map(|(_, states)| states).collect())
    }
}

/// Rows of `states` in float32, each divided by its length.
fn unit_rows(states: &Tensor) -> Result<Tensor, Error> {
    let states = states.f_to_kind(Kind::Float)?;
    let norms = states.f_norm_scalaropt_dim(2.0, [-1].as_slice(), true)?;
    Ok(states.f_div(&norms)?)
}
