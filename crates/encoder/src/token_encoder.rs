//! Tokens to the states of each token, on the device thread: a model's body without anything behind it.
//!
//! This is sentence-transformers' `output_value="token_embeddings"`, and what parity of an architecture is measured on.

use std::path::Path;

use gpu_bridge_checkpoint::ModelFolder;
use gpu_bridge_torch_ext::inference_mode;

use crate::arch::{Architecture, Encoder, Shape};
use crate::host::on_host;
use crate::packing::PackedBatch;
use crate::weights::Placement;
use crate::{Device, Dtype, Error, Tokens};

/// A loaded body.
pub struct TokenEncoder {
    encoder: Box<dyn Encoder>,
    shape: Shape,
    device: Device,
}

impl TokenEncoder {
    /// Loads the first `layers` layers of the model in `dir`, or all of them.
    ///
    /// # Errors
    /// What is wrong with the checkpoint, or that it has fewer layers.
    pub fn load(dir: &Path, layers: Option<usize>, device: Device, dtype: Dtype) -> Result<Self, Error> {
        device.check()?;
        inference_mode(|| Self::load_here(dir, layers, device, dtype))?
    }

    fn load_here(dir: &Path, layers: Option<usize>, device: Device, dtype: Dtype) -> Result<Self, Error> {
        let folder = ModelFolder::new(dir);
        let architecture = Architecture::of(&folder)?;
        let shape = architecture.shape(&folder)?;
        let layers = layers.unwrap_or(shape.layers);
        shape.check_layers(layers, &dir.display().to_string())?;
        let placement = Placement { device: device.torch(), kind: dtype.kind() };
        let encoder = architecture.load(&folder, layers, placement)?.encoder;
        Ok(Self { encoder, shape, device })
    }

    /// Width of a token's state.
    pub fn hidden(&self) -> usize {
        self.shape.hidden
    }

    /// States after the last layer that was loaded, one `[tokens, hidden]` row-major block a text, in the batch's order.
    ///
    /// # Errors
    /// Tokens the model can't take, or a failure of the device.
    pub fn states(&self, batch: &[&Tokens]) -> Result<Vec<Vec<f32>>, Error> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        inference_mode(|| self.forward(batch))?
    }

    fn forward(&self, batch: &[&Tokens]) -> Result<Vec<Vec<f32>>, Error> {
        let packed = PackedBatch::new(batch, self.shape.limits, false, self.device.torch())?;
        let rows = on_host(&self.encoder.forward(&packed)?)?;
        let mut blocks = vec![Vec::new(); batch.len()];
        let mut rest = &rows[..];
        for &text in &packed.order {
            let (block, others) = rest.split_at(batch[text].len() * self.shape.hidden);
            blocks[text] = block.to_vec();
            rest = others;
        }
        Ok(blocks)
    }
}
