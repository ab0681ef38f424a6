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
    #[serde(default = "one")]
    pad_vocab_size_multiple: usize,
    rotary_scaling_factor: Option<f64>,
    #[serde(default = "trained")]
    max_trained_positions: usize,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// Settings of Nomic's code that are alike in all models it was published for, but for mixtures of experts.
fn fixed() -> [(&'static str, Value); 11] {
    [
        ("activation_function", json!("swiglu")),
        ("causal", json!(false)),
        ("mlp_fc1_bias", json!(false)),
        ("mlp_fc2_bias", json!(false)),
        ("num_experts", json!(0)),
        ("prenorm", json!(false)),
        ("qkv_proj_bias", json!(false)),
        ("rotary_emb_fraction", json!(1.0)),
        ("rotary_emb_interleaved", json!(false)),
        ("rotary_emb_scale_base", Value::Null),
        ("use_rms_norm", json!(false)),
    ]
}

impl TryFrom<Map<String, Value>> for NomicConfig {
    type Error = serde_json::Error;

    fn try_from(mut keys: Map<String, Value>) -> Result<Self, Self::Error> {
        for (old, new) in RENAMED {
            if let Some(value) = keys.get(old).cloned() {
                keys.entry(new).or_insert(value);
            }
        }
        serde_json::from_value(Value::Object(keys)).map(Self)
    }
}

impl Config for NomicConfig {
    fn problem(&self) -> Option<String> {
        let Keys { hidden_size: hidden, num_attention_heads: heads, head_dim, .. } = self.0;
        if head_dim.is_none() && (heads == 0 || !hidden.is_multiple_of(heads)) {
            Some(format!("A hidden size of {hidden} can't be split among {heads} heads."))
        } else if !self.head().is_multiple_of(2) || self.head() < 4 {
            Some(format!("Heads of width {} can't be turned in two pairs or more.", self.head()))
        } else if self.0.max_trained_positions == 0 || self.0.pad_vocab_size_multiple == 0 {
            Some(
                "`max_trained_positions` or `pad_vocab_size_multiple` is 0; both must be 1 or more."
                    .to_owned(),
            )
        } else {
            let rope = self.0.rope_parameters.as_ref().and_then(Rope::problem);
            rope.or_else(|| self.0.unsupported())
        }
    }
}

impl Keys {
    /// A setting that is neither missing nor as it is in the models that are supported.
    fn unsupported(&self) -> Option<String> {
        let differs = |(key, only): (&'static str, Value)| {
            let found = self.rest.get(key).filter(|found| !found.is_null())?;
            let same = *found == only || (found.is_number() && found.as_f64() == only.as_f64());
            (!same).then(|| format!("`{key}` is {found}, but only {only} is supported."))
        };
        fixed().into_iter().find_map(differs)
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

    /// Of all heads together.
    pub(super) fn width(&self) -> usize {
        self.0.num_attention_heads * self.head()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(changes: &Value) -> NomicConfig {
        let mut keys = json!({
            "n_embd": 768, "n_layer": 12, "n_head": 12, "n_inner": 3072, "n_positions": 8192, "vocab_size": 30527,
            "layer_norm_epsilon": 1e-5, "rotary_emb_base": 500, "rotary_emb_fraction": 1, "pad_vocab_size_multiple": 64,
            "rotary_scaling_factor": 2, "activation_function": "swiglu", "rotary_emb_scale_base": null,
        });
        keys.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        serde_json::from_value(keys).unwrap()
    }

    #[test]
    fn nomics_keys_alone_are_enough() {
        let config = read(&json!({}));
        assert_eq!(config.problem(), None);
        assert_eq!((config.vocabulary(), config.head(), config.inner()), (30528, 64, 3072));
        assert_eq!((config.theta(), config.epsilon()), (500.0, 1e-5));
        assert_eq!(config.shape().limits.positions, 8192);
        assert_eq!(config.stretch(), Some(Stretch { factor: 2.0, trained: 2048 }));
    }

    #[test]
    fn transformers_keys_count_where_both_are_there() {
        let rope = json!({"rope_type": "default", "rope_theta": 1000.0});
        let both = json!({"max_position_embeddings": 2048, "layer_norm_eps": 1e-12, "rope_parameters": rope});
        let config = read(&both);
        assert_eq!((config.theta(), config.epsilon(), config.stretch()), (1000.0, 1e-12, None));
        assert_eq!(config.shape().limits.positions, 8192);
    }

    #[test]
    fn what_is_not_supported_is_named_with_its_value() {
        for (key, _) in fixed() {
            let problem = read(&json!({key: "odd"})).problem().unwrap();
            assert!(problem.contains(key) && problem.contains("odd"), "{problem}");
        }
        assert!(read(&json!({"n_head": 7})).problem().unwrap().contains("7 heads"));
        assert!(read(&json!({"rope_parameters": {"rope_type": "yarn"}})).problem().unwrap().contains("yarn"));
    }
}
