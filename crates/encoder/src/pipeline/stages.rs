//! The modules after the pooling, on the device, in float32 as the reference runs them whatever the transformer's element type.

use tch::{Device, Kind, Tensor};

use super::dense::Dense;
use super::layer_norm::LayerNorm;
use super::{Class, Module};
use crate::Error;
use crate::weights::{Placement, Weights};

/// As `torch.nn.functional.normalize`: a shorter vector is not scaled up.
const SHORTEST: f64 = 1e-12;

/// See the module.
#[derive(Debug)]
pub(crate) struct Stages {
    stages: Vec<Stage>,
    dimensions: usize,
    /// Bytes of their weights on the device.
    pub(crate) bytes: u64,
    /// Their settings and contents, for the fingerprint.
    pub(crate) description: String,
}

#[derive(Debug)]
enum Stage {
    Dense(Dense),
    LayerNorm(LayerNorm),
    /// To length 1.
    Normalize,
}

impl Stages {
    /// Loads `modules`; the first gets vectors `width` wide.
    pub(super) fn load(modules: &[Module], width: usize, device: Device) -> Result<Self, Error> {
        let mut stages = Self { stages: Vec::new(), dimensions: width, bytes: 0, description: String::new() };
        let placement = Placement { device, kind: Kind::Float };
        modules.iter().try_for_each(|module| stages.add(module, placement))?;
        Ok(stages)
    }

    fn add(&mut self, module: &Module, placement: Placement) -> Result<(), Error> {
        module.check_keys()?;
        let stage = match module.class {
            Class::Normalize => {
                self.description += "Normalize ";
                Stage::Normalize
            }
            Class::Dense => self.weighted(module, placement, |weights, width| {
                Ok(Stage::Dense(Dense::take(module, weights, width)?))
            })?,
            Class::LayerNorm => self.weighted(module, placement, |weights, width| {
                Ok(Stage::LayerNorm(LayerNorm::take(module, weights, width)?))
            })?,
            // Nothing is dropped but in training.
            Class::Dropout | Class::Transformer | Class::Pooling => return Ok(()),
        };
        if let Stage::Dense(dense) = &stage {
            self.dimensions = dense.outputs();
        }
        self.stages.push(stage);
        Ok(())
    }

    /// A stage with weights, by its own file.
    fn weighted(
        &mut self,
        module: &Module,
        placement: Placement,
        take: impl FnOnce(&mut Weights, usize) -> Result<Stage, Error>,
    ) -> Result<Stage, Error> {
        let mut weights = Weights::open(&module.folder, &[], placement)?;
        let stage = take(&mut weights, self.dimensions)?;
        let taken = weights.finish()?;
        let config: serde_json::Value = module.folder.json("config.json")?;
        self.bytes += taken.bytes;
        self.description += &format!("{:?} {config} {:?} ", module.class, taken.digest);
        Ok(stage)
    }

    /// Width of a vector after the last stage.
    pub(crate) fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// `vectors` `[texts, width]` in float32 to `[texts, dimensions]`.
    pub(crate) fn forward(&self, vectors: Tensor) -> Result<Tensor, Error> {
        self.stages.iter().try_fold(vectors, |vectors, stage| stage.forward(&vectors))
    }
}

impl Stage {
    fn forward(&self, vectors: &Tensor) -> Result<Tensor, Error> {
        match self {
            Self::Dense(dense) => dense.forward(vectors),
            Self::LayerNorm(norm) => norm.forward(vectors),
            Self::Normalize => {
                let lengths = vectors.f_norm_scalaropt_dim(2.0, [-1].as_slice(), true)?;
                Ok(vectors.f_div(&lengths.f_clamp_min(SHORTEST)?)?)
            }
        }
    }
}
