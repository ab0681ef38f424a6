//! Token states to one vector a text, by the rules of sentence-transformers' `Pooling` (6.2.0), always in float32.
//!
//! Since texts are never padded every token counts; only a prompt may be left out, and then positions keep the numbers they
//! had with it. A text that is all prompt pools its prompt, where the reference divides zero by 1e-9 or gives minus infinity.

mod mode;

use serde::{Deserialize, Deserializer};
use tch::{Kind, Tensor};

use self::mode::Mode;
use crate::Error;
use crate::host::on_host;
use crate::packing::{Group, PackedBatch, signed};
use gpu_bridge_checkpoint::ModelFolder;

/// The legacy switches, in the order in which the reference concatenates.
const SWITCHES: [(&str, Mode); 6] = [
    ("pooling_mode_cls_token", Mode::Cls),
    ("pooling_mode_max_tokens", Mode::Max),
    ("pooling_mode_mean_tokens", Mode::Mean),
    ("pooling_mode_mean_sqrt_len_tokens", Mode::MeanSqrtLength),
    ("pooling_mode_weightedmean_tokens", Mode::WeightedMean),
    ("pooling_mode_lasttoken", Mode::LastToken),
];

/// A model's pooling: one or several modes, concatenated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pooling {
    modes: Vec<Mode>,
    include_prompt: bool,
}

#[derive(Deserialize)]
struct PoolingConfig {
    #[serde(alias = "word_embedding_dimension")]
    embedding_dimension: usize,
    #[serde(default, deserialize_with = "one_or_many")]
    pooling_mode: Option<Vec<Mode>>,
    #[serde(default = "yes")]
    include_prompt: bool,
    #[serde(flatten)]
    rest: serde_json::Map<String, serde_json::Value>,
}

impl Pooling {
    /// The mean of all tokens.
    pub(crate) fn mean() -> Self {
        Self { modes: vec![Mode::Mean], include_prompt: true }
    }

    /// The first token.
    pub(crate) fn cls() -> Self {
        Self { modes: vec![Mode::Cls], include_prompt: true }
    }

    /// The last token.
    pub(crate) fn last_token() -> Self {
        Self { modes: vec![Mode::LastToken], include_prompt: true }
    }

    /// Reads `config.json` of a pooling module's folder, in the old spelling or the new, for states `hidden` wide.
    pub(crate) fn load(folder: &ModelFolder, hidden: usize) -> Result<Self, Error> {
        let config: PoolingConfig = folder.json("config.json")?;
        if config.embedding_dimension != hidden {
            let problem =
                format!("It pools states {} wide but the model's are {hidden}.", config.embedding_dimension);
            return Err(folder.problem("config.json", problem).into());
        }
        let modes = config.pooling_mode.unwrap_or_else(|| switched_on(&config.rest));
        Ok(Self { modes, include_prompt: config.include_prompt })
    }

    /// Width of a vector for states `hidden` wide.
    pub(crate) fn dimensions(&self, hidden: usize) -> usize {
        self.modes.len() * hidden
    }

    /// Whether texts with prompts of different length have to be pooled apart.
    pub(crate) fn splits_prompts(&self) -> bool {
        !self.include_prompt
    }

    /// `states` `[tokens, hidden]` to float32 `[texts, dimensions]`, in packed order.
    pub(crate) fn pool(&self, states: &Tensor, batch: &PackedBatch) -> Result<Tensor, Error> {
        let pooled: Vec<Tensor> =
            batch.groups.iter().map(|group| self.pool_group(states, group)).collect::<Result<_, _>>()?;
        Ok(Tensor::f_cat(&pooled, 0)?)
    }

    fn pool_group(&self, states: &Tensor, group: &Group) -> Result<Tensor, Error> {
        let hidden = states.size().last().copied().unwrap_or(0);
        let block = group.rows(states)?.f_view([group.texts, group.length, hidden])?;
        let skipped = if group.prompt < group.length { group.prompt } else { 0 };
        let block = block.f_narrow(1, skipped, group.length - skipped)?.f_to_kind(Kind::Float)?;
        let parts: Vec<Tensor> =
            self.modes.iter().map(|mode| mode.pool(&block, skipped)).collect::<Result<_, _>>()?;
        Ok(Tensor::f_cat(&parts, 1)?)
    }
}

fn switched_on(config: &serde_json::Map<String, serde_json::Value>) -> Vec<Mode> {
    let on = |name: &str| config.get(name).and_then(serde_json::Value::as_bool).unwrap_or(false);
    let modes: Vec<Mode> = SWITCHES.iter().filter(|(name, _)| on(name)).map(|(_, mode)| *mode).collect();
    if modes.is_empty() { vec![Mode::Mean] } else { modes }
}

fn one_or_many<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Vec<Mode>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(Mode),
        Many(Vec<Mode>),
    }
    Ok(Some(match OneOrMany::deserialize(input)? {
        OneOrMany::One(mode) => vec![mode],
        OneOrMany::Many(modes) => modes,
    }))
}

fn yes() -> bool {
    true
}

/// Rows of `pooled` `[texts, d]` in the caller's order, on the host.
pub(crate) fn unpacked(pooled: &Tensor, order: &[usize]) -> Result<Vec<f32>, Error> {
    let mut place = vec![0; order.len()];
    for (packed, &text) in order.iter().enumerate() {
        place[text] = signed(packed);
    }
    let index = Tensor::f_from_slice(&place)?.f_to_device(pooled.device())?;
    on_host(&pooled.f_index_select(0, &index)?)
}
