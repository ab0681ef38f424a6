//! ModernBERT's config.json, as transformers 4 and 5 write it.

use serde::Deserialize;

use super::super::Shape;
use super::super::activation::Activation;
use super::super::config::Config;
use super::super::layers::LayerNorm;
use super::super::rope::Rope;
use super::super::rotary_attention::Split;
use crate::Error;
use crate::packing::{Limits, Numbering, signed};
use crate::weights::Weights;

/// The keys, with transformers' defaults.
#[derive(Deserialize)]
pub(super) struct ModernBertConfig {
    pub(super) hidden_size: usize,
    pub(super) num_hidden_layers: usize,
    num_attention_heads: usize,
    pub(super) intermediate_size: usize,
    pub(super) vocab_size: usize,
    max_position_embeddings: usize,
    #[serde(default = "gelu")]
    pub(super) hidden_activation: Activation,
    #[serde(default = "hundred_thousandth")]
    norm_eps: f64,
    #[serde(default)]
    norm_bias: bool,
    #[serde(default)]
    pub(super) attention_bias: bool,
    #[serde(default)]
    pub(super) mlp_bias: bool,
    /// Both sides together.
    #[serde(default = "one_hundred_and_twenty_eight")]
    pub(super) local_attention: usize,
    #[serde(default = "three")]
    global_attn_every_n_layers: usize,
    layer_types: Option<Vec<Reach>>,
    #[serde(default = "one_hundred_and_sixty_thousand")]
    global_rope_theta: f64,
    /// As the global one where it is null.
    #[serde(default = "ten_thousand")]
    local_rope_theta: Option<f64>,
    rope_scaling: Option<Rope>,
    rope_parameters: Option<Ropes>,
}

/// How far the tokens of a layer see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Reach {
    #[serde(rename = "full_attention")]
    Full,
    #[serde(rename = "sliding_attention")]
    Sliding,
}

#[derive(Deserialize)]
struct Ropes {
    full_attention: Option<Rope>,
    sliding_attention: Option<Rope>,
}

impl Config for ModernBertConfig {
    fn problem(&self) -> Option<String> {
        let (hidden, heads, types) = (self.hidden_size, self.num_attention_heads, self.layer_types.as_ref());
        let ropes = [Reach::Full, Reach::Sliding].map(|reach| self.rope(reach));
        if heads == 0 || !hidden.is_multiple_of(2 * heads) {
            Some(format!("A hidden size of {hidden} can't be split among {heads} heads of an even width."))
        } else if self.global_attn_every_n_layers == 0 {
            Some("`global_attn_every_n_layers` is 0; it must be 1 or more.".to_owned())
        } else if let Some(types) = types.filter(|types| types.len() != self.num_hidden_layers) {
            let (types, layers) = (types.len(), self.num_hidden_layers);
            Some(format!("`layer_types` names {types} layers, but the model has {layers}."))
        } else {
            ropes.into_iter().flatten().chain(&self.rope_scaling).find_map(Rope::problem)
        }
    }
}

impl ModernBertConfig {
    pub(super) fn shape(&self) -> Shape {
        let (vocabulary, positions) = (self.vocab_size, self.max_position_embeddings);
        let limits = Limits { vocabulary, positions, numbering: Numbering::FromZero };
        Shape { hidden: self.hidden_size, layers: self.num_hidden_layers, limits }
    }

    pub(super) fn head(&self) -> usize {
        self.hidden_size / self.num_attention_heads
    }

    pub(super) fn split(&self) -> Split {
        let [heads, head] = [self.num_attention_heads, self.head()].map(signed);
        Split { heads, key_heads: heads, head }
    }

    pub(super) fn reach(&self, layer: usize) -> Reach {
        let listed = self.layer_types.as_ref().and_then(|types| types.get(layer).copied());
        let every = self.global_attn_every_n_layers;
        listed.unwrap_or(if layer.is_multiple_of(every) { Reach::Full } else { Reach::Sliding })
    }

    /// The base of the wavelengths in layers of such a reach.
    pub(super) fn theta(&self, reach: Reach) -> f64 {
        let local = self.local_rope_theta.filter(|_| reach == Reach::Sliding);
        self.rope(reach).and_then(Rope::theta).or(local).unwrap_or(self.global_rope_theta)
    }

    fn rope(&self, reach: Reach) -> Option<&Rope> {
        let ropes = self.rope_parameters.as_ref()?;
        match reach {
            Reach::Full => ropes.full_attention.as_ref(),
            Reach::Sliding => ropes.sliding_attention.as_ref(),
        }
    }

    /// Takes a norm over the hidden states.
    pub(super) fn norm(&self, weights: &mut Weights, name: &str) -> Result<LayerNorm, Error> {
        let take = if self.norm_bias { LayerNorm::take } else { LayerNorm::unbiased };
        take(weights, name, signed(self.hidden_size), self.norm_eps)
    }
}

fn gelu() -> Activation {
    Activation::Gelu
}

fn hundred_thousandth() -> f64 {
    1e-5
}

fn one_hundred_and_twenty_eight() -> usize {
    128
}

// serde asks for the default of the field's own type.
#[allow(clippy::unnecessary_wraps)]
fn ten_thousand() -> Option<f64> {
    Some(10_000.0)
}

fn one_hundred_and_sixty_thousand() -> f64 {
    160_000.0
}

fn three() -> usize {
    3
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(changes: &Value) -> ModernBertConfig {
        let mut keys = json!({
            "hidden_size": 768, "num_hidden_layers": 4, "num_attention_heads": 12, "intermediate_size": 1152,
            "vocab_size": 50368, "max_position_embeddings": 8192,
        });
        keys.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        serde_json::from_value(keys).unwrap()
    }

    #[test]
    fn layers_are_listed_or_every_so_many_are_global() {
        let reaches = |changes: &Value| [0, 1, 2, 3].map(|layer| read(changes).reach(layer) == Reach::Full);
        assert_eq!(reaches(&json!({})), [true, false, false, true]);
        assert_eq!(reaches(&json!({"global_attn_every_n_layers": 2})), [true, false, true, false]);
        let [full, sliding] = ["full_attention", "sliding_attention"];
        assert_eq!(
            reaches(&json!({"layer_types": [sliding, full, sliding, sliding]})),
            [false, true, false, false]
        );
    }

    #[test]
    fn wavelengths_are_read_in_both_spellings() {
        let thetas = |changes: &Value| [Reach::Full, Reach::Sliding].map(|reach| read(changes).theta(reach));
        assert_eq!(thetas(&json!({})), [160_000.0, 10_000.0]);
        assert_eq!(thetas(&json!({"global_rope_theta": 5.0, "local_rope_theta": null})), [5.0, 5.0]);
        let new = json!({"full_attention": {"rope_theta": 7.0}, "sliding_attention": {"rope_theta": 3.0}});
        assert_eq!(thetas(&json!({"rope_parameters": new})), [7.0, 3.0]);
    }

    #[test]
    fn what_is_not_supported_is_named_with_its_value() {
        let problem = |changes: &Value| read(changes).problem();
        assert_eq!(problem(&json!({})), None);
        assert!(problem(&json!({"layer_types": ["full_attention"]})).unwrap().contains("names 1 layers"));
        assert!(problem(&json!({"num_attention_heads": 7})).unwrap().contains("7 heads"));
        let dynamic = json!({"full_attention": {"rope_type": "dynamic"}});
        assert!(problem(&json!({"rope_parameters": dynamic})).unwrap().contains("`dynamic`"));
        assert!(problem(&json!({"global_attn_every_n_layers": 0})).unwrap().contains("is 0"));
    }
}
