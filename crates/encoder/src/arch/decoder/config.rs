//! The config.json of Qwen2, Qwen3, Mistral, Llama and EuroBERT, and what each makes of it.

use serde::Deserialize;

use super::super::Shape;
use super::super::activation::Activation;
use super::super::config::Config;
use super::super::rope::Rope;
use super::super::rotary_attention::Split;
use super::super::window::Window;
use crate::packing::{Limits, Numbering, signed};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Family {
    Qwen3,
    Qwen2,
    Mistral,
    Llama,
    EuroBert,
}

/// The keys of all families, with transformers' defaults.
#[derive(Deserialize)]
pub(super) struct DecoderConfig {
    model_type: Family,
    pub(super) hidden_size: usize,
    pub(super) num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    pub(super) intermediate_size: usize,
    pub(super) vocab_size: usize,
    max_position_embeddings: usize,
    #[serde(default = "silu")]
    pub(super) hidden_act: Activation,
    #[serde(default = "millionth")]
    pub(super) rms_norm_eps: f64,
    #[serde(default)]
    attention_bias: bool,
    #[serde(default)]
    mlp_bias: bool,
    is_causal: Option<bool>,
    #[serde(default)]
    use_sliding_window: bool,
    sliding_window: Option<i64>,
    #[serde(default = "twenty_eight")]
    max_window_layers: usize,
    layer_types: Option<Vec<String>>,
    rope_theta: Option<f64>,
    rope_scaling: Option<Rope>,
    rope_parameters: Option<Rope>,
}

/// Which projections have biases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BiasFlags {
    pub(super) qkv: bool,
    pub(super) output: bool,
    pub(super) mlp: bool,
}

impl Config for DecoderConfig {
    fn problem(&self) -> Option<String> {
        let (heads, keys, head) = (self.num_attention_heads, self.key_heads(), self.head());
        if keys == 0 || !heads.is_multiple_of(keys) {
            Some(format!("{heads} heads of queries can't share {keys} heads of keys."))
        } else if head == 0 || !head.is_multiple_of(2) {
            Some(format!("Heads of width {head} can't be turned in pairs."))
        } else if self.sliding_window.is_some_and(|window| window < 1) {
            Some("`sliding_window` is below 1, so that a token would not even see itself.".to_owned())
        } else {
            self.rope_scaling.iter().chain(&self.rope_parameters).find_map(Rope::problem)
        }
    }
}

impl DecoderConfig {
    pub(super) fn shape(&self) -> Shape {
        let (vocabulary, positions) = (self.vocab_size, self.max_position_embeddings);
        let limits = Limits { vocabulary, positions, numbering: Numbering::FromZero };
        Shape { hidden: self.hidden_size, layers: self.num_hidden_layers, limits }
    }

    pub(super) fn head(&self) -> usize {
        let split = || self.hidden_size.checked_div(self.num_attention_heads).unwrap_or(0);
        self.head_dim.unwrap_or_else(split)
    }

    fn key_heads(&self) -> usize {
        self.num_key_value_heads.unwrap_or(self.num_attention_heads)
    }

    pub(super) fn split(&self) -> Split {
        let [heads, key_heads, head] = [self.num_attention_heads, self.key_heads(), self.head()].map(signed);
        Split { heads, key_heads, head }
    }

    pub(super) fn theta(&self) -> f64 {
        let ropes = self.rope_scaling.iter().chain(&self.rope_parameters);
        ropes.filter_map(Rope::theta).next().or(self.rope_theta).unwrap_or(10_000.0)
    }

    /// Whether tokens see only what is before them. Qwen2 models trained to look both ways say so by `is_causal`.
    pub(super) fn causal(&self) -> bool {
        self.model_type != Family::EuroBert && self.is_causal.unwrap_or(true)
    }

    /// The window of the layers that have one; it counts the token itself.
    pub(super) fn window(&self) -> Option<Window> {
        let used = match self.model_type {
            Family::Qwen2 | Family::Qwen3 => self.use_sliding_window,
            Family::Mistral => true,
            Family::Llama | Family::EuroBert => false,
        };
        let size = self.sliding_window.filter(|_| used)?;
        Some(if self.causal() {
            Window { back: size - 1, ahead: 0 }
        } else {
            Window { back: size, ahead: size }
        })
    }

    pub(super) fn windowed(&self, layer: usize) -> bool {
        let listed = self.layer_types.as_ref().and_then(|types| types.get(layer));
        match (self.model_type, listed) {
            (Family::Mistral, _) => true,
            (_, Some(listed)) => listed == "sliding_attention",
            (_, None) => layer >= self.max_window_layers,
        }
    }

    /// Whether each head's queries and keys are normed.
    pub(super) fn norms_heads(&self) -> bool {
        self.model_type == Family::Qwen3
    }

    pub(super) fn biases(&self) -> BiasFlags {
        let (all, mlp) = (self.attention_bias, self.mlp_bias);
        match self.model_type {
            Family::Qwen2 => BiasFlags { qkv: true, output: false, mlp: false },
            Family::Mistral => BiasFlags { qkv: false, output: false, mlp: false },
            Family::Qwen3 => BiasFlags { qkv: all, output: all, mlp: false },
            Family::Llama | Family::EuroBert => BiasFlags { qkv: all, output: all, mlp },
        }
    }
}

fn silu() -> Activation {
    Activation::Silu
}

fn millionth() -> f64 {
    1e-6
}

fn twenty_eight() -> usize {
    28
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(model_type: &str, changes: &Value) -> DecoderConfig {
        let mut keys = json!({
            "model_type": model_type, "hidden_size": 1024, "num_hidden_layers": 28, "num_attention_heads": 16,
            "num_key_value_heads": 8, "intermediate_size": 3072, "vocab_size": 151_669,
            "max_position_embeddings": 32768, "sliding_window": 4096,
        });
        keys.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        serde_json::from_value(keys).unwrap()
    }

    #[test]
    fn windows_are_where_the_family_has_them() {
        let window = |config: &DecoderConfig| config.window().map(|window| (window.back, window.ahead));
        assert_eq!(window(&read("qwen3", &json!({}))), None);
        assert_eq!(window(&read("llama", &json!({"use_sliding_window": true}))), None);
        assert_eq!(window(&read("mistral", &json!({}))), Some((4095, 0)));
        assert_eq!(window(&read("mistral", &json!({"sliding_window": null}))), None);
        let some = read("qwen2", &json!({"use_sliding_window": true, "max_window_layers": 21}));
        assert_eq!((window(&some), some.windowed(20), some.windowed(21)), (Some((4095, 0)), false, true));
        let both = read("qwen2", &json!({"use_sliding_window": true, "is_causal": false}));
        assert_eq!((window(&both), both.causal()), (Some((4096, 4096)), false));
    }

    #[test]
    fn rotary_settings_are_read_in_both_spellings() {
        let theta = |changes: &Value| read("qwen3", changes).theta();
        assert_eq!(theta(&json!({"rope_theta": 1e6, "rope_scaling": null})), 1e6);
        assert_eq!(theta(&json!({"rope_parameters": {"rope_type": "default", "rope_theta": 5e6}})), 5e6);
        assert_eq!(theta(&json!({})), 1e4);
    }

    #[test]
    fn what_is_not_supported_is_named_with_its_value() {
        let problem = |changes: &Value| read("qwen3", changes).problem();
        assert_eq!(problem(&json!({})), None);
        let yarn = json!({"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768});
        assert!(problem(&json!({"rope_scaling": yarn})).unwrap().contains("`yarn`"));
        assert!(problem(&json!({"num_key_value_heads": 5})).unwrap().contains("5 heads of keys"));
        assert!(problem(&json!({"head_dim": 7})).unwrap().contains("width 7"));
        assert!(problem(&json!({"sliding_window": 0})).unwrap().contains("`sliding_window`"));
    }
}
