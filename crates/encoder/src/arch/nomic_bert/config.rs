//! NomicBERT's config.json: the keys of Nomic's own code, which are GPT-2's, or those of transformers 5, or both.
//!
//! Where both are there, those of transformers count, since the references read those.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::Shape;
use super::super::activation::Activation;
use super::super::config::Config;
use super::super::rope::Rope;
use super::super::rotary::Stretch;
use super::super::rotary_attention::Split;
use crate::packing::{Limits, Numbering, signed};

/// Nomic's keys and what transformers calls them.
const RENAMED: [(&str, &str); 6] = [
    ("n_embd", "hidden_size"),
    ("n_layer", "num_hidden_layers"),
    ("n_head", "num_attention_heads"),
    ("n_inner", "intermediate_size"),
    ("layer_norm_epsilon", "layer_norm_eps"),
    ("rotary_emb_base", "rope_theta"),
];

#[derive(Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub(super) struct NomicConfig(Keys);

/// The keys by transformers' names with its defaults, and those that only Nomic has.
#[derive(Deserialize)]
struct Keys {
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    head_dim: Option<usize>,
    intermediate_size: usize,
    vocab_size: usize,
    #[serde(default = "two")]
    type_vocab_size: usize,
    max_position_embeddings: Option<usize>,
    #[serde(default = "tiny")]
    layer_norm_eps: f64,
    #[serde(default = "silu")]
    hidden_act: Activation,
    rope_parameters: Option<Rope>,
    #[serde(default = "thousand")]
    rope_theta: f64,
    n_positions: Option<usize>,
    #[serde(default = "swiglu")]
    activation_function: String,
    #[serde(default = "one")]
    pad_vocab_size_multiple: usize,
    #[serde(default)]
    qkv_proj_bias: bool,
    #[serde(default)]
    mlp_fc1_bias: bool,
    #[serde(default)]
    mlp_fc2_bias: bool,
    rotary_emb_fraction: Option<f64>,
    #[serde(default)]
    rotary_emb_interleaved: bool,
    rotary_emb_scale_base: Option<f64>,
    rotary_scaling_factor: Option<f64>,
    #[serde(default = "trained")]
    max_trained_positions: usize,
    #[serde(default)]
    prenorm: bool,
    #[serde(default)]
    use_rms_norm: bool,
    #[serde(default)]
    causal: bool,
    num_experts: Option<usize>,
}

/// Which projections have biases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BiasFlags {
    pub(super) attention: bool,
    pub(super) up: bool,
    pub(super) down: bool,
}

impl TryFrom<Map<String, Value>> for NomicConfig {
    type Error = serde_json::Error;

    fn try_from(mut keys: Map<String, Value>) -> Result<Self, Self::Error> {
        let nomics_alone = !keys.contains_key("hidden_size");
        for (old, new) in RENAMED {
            if let Some(value) = keys.get(old).cloned() {
                keys.entry(new).or_insert(value);
            }
        }
        if nomics_alone {
            for key in ["qkv_proj_bias", "mlp_fc1_bias", "mlp_fc2_bias"] {
                keys.entry(key).or_insert(json!(true));
            }
        }
        serde_json::from_value(Value::Object(keys)).map(Self)
    }
}

impl Config for NomicConfig {
    fn problem(&self) -> Option<String> {
        let Keys { hidden_size: hidden, num_attention_heads: heads, .. } = self.0;
        if self.0.head_dim.is_none() && (heads == 0 || !hidden.is_multiple_of(heads)) {
            return Some(format!("A hidden size of {hidden} can't be split among {heads} heads."));
        }
        if !self.head().is_multiple_of(2) || self.head() < 4 {
            return Some(format!("Heads of width {} can't be turned in pairs.", self.head()));
        }
        let rope = self.0.rope_parameters.as_ref().and_then(Rope::problem);
        rope.or_else(|| self.0.unsupported())
    }
}

impl Keys {
    /// What Nomic's code knows and no model that it was published for has, and mixtures of experts.
    fn unsupported(&self) -> Option<String> {
        let fraction = self.rotary_emb_fraction.unwrap_or(1.0);
        let activation = &self.activation_function;
        let refused = [
            (
                self.num_experts.unwrap_or(0) > 0,
                "Mixtures of experts (`num_experts`) are not supported.".to_owned(),
            ),
            (
                activation != "swiglu",
                format!("`activation_function` is `{activation}`, but only `swiglu` is supported."),
            ),
            (
                (fraction - 1.0).abs() > f64::EPSILON,
                format!("`rotary_emb_fraction` is {fraction}, but only 1 is supported."),
            ),
            (
                self.rotary_emb_interleaved,
                "`rotary_emb_interleaved` is true, which is not supported.".to_owned(),
            ),
            (
                self.rotary_emb_scale_base.is_some(),
                "`rotary_emb_scale_base` is set, which is not supported.".to_owned(),
            ),
            (self.prenorm, "`prenorm` is true, but only norms behind the sums are supported.".to_owned()),
            (self.use_rms_norm, "`use_rms_norm` is true, which is not supported.".to_owned()),
            (
                self.causal,
                "`causal` is true, but only encoders, which look both ways, are supported.".to_owned(),
            ),
            (
                self.pad_vocab_size_multiple == 0,
                "`pad_vocab_size_multiple` is 0; it must be 1 or more.".to_owned(),
            ),
            (
                self.max_trained_positions == 0,
                "`max_trained_positions` is 0; it must be 1 or more.".to_owned(),
            ),
        ];
        refused.into_iter().find_map(|(is, problem)| is.then_some(problem))
    }
}

impl NomicConfig {
    pub(super) fn shape(&self) -> Shape {
        let positions = self.0.n_positions.max(self.0.max_position_embeddings).unwrap_or(trained());
        let limits = Limits { vocabulary: self.vocabulary(), positions, numbering: Numbering::FromZero };
        Shape { hidden: self.0.hidden_size, layers: self.0.num_hidden_layers, limits }
    }

    /// Rows of the table of words.
    pub(super) fn vocabulary(&self) -> usize {
        self.0.vocab_size.next_multiple_of(self.0.pad_vocab_size_multiple)
    }

    pub(super) fn types(&self) -> usize {
        self.0.type_vocab_size
    }

    pub(super) fn inner(&self) -> usize {
        self.0.intermediate_size
    }

    pub(super) fn head(&self) -> usize {
        let split = || self.0.hidden_size.checked_div(self.0.num_attention_heads).unwrap_or(0);
        self.0.head_dim.unwrap_or_else(split)
    }

    pub(super) fn split(&self) -> Split {
        let [heads, head] = [self.0.num_attention_heads, self.head()].map(signed);
        Split { heads, key_heads: heads, head }
    }

    pub(super) fn epsilon(&self) -> f64 {
        self.0.layer_norm_eps
    }

    pub(super) fn activation(&self) -> Activation {
        self.0.hidden_act
    }

    pub(super) fn theta(&self) -> f64 {
        self.0.rope_parameters.as_ref().and_then(Rope::theta).unwrap_or(self.0.rope_theta)
    }

    /// How positions of long texts are stretched. transformers does not do it.
    pub(super) fn stretch(&self) -> Option<Stretch> {
        let factor = self.0.rotary_scaling_factor.filter(|_| self.0.rope_parameters.is_none())?;
        Some(Stretch { factor, trained: self.0.max_trained_positions })
    }

    pub(super) fn biases(&self) -> BiasFlags {
        let Keys { qkv_proj_bias: attention, mlp_fc1_bias: up, mlp_fc2_bias: down, .. } = self.0;
        BiasFlags { attention, up, down }
    }
}

fn one() -> usize {
    1
}

fn two() -> usize {
    2
}

fn tiny() -> f64 {
    1e-12
}

fn thousand() -> f64 {
    1000.0
}

fn trained() -> usize {
    2048
}

fn silu() -> Activation {
    Activation::Silu
}

fn swiglu() -> String {
    "swiglu".to_owned()
}
