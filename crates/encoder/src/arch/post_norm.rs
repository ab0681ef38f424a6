//! The encoder that BERT introduced (Devlin et al. 2018) and its kin share: embeddings, then layers of attention and
//! feed-forward with a residual around each and a norm after it.
//!
//! Its kin differ in what they call the weights, in their tables, and in what they add to attention; the sums are the same.

use tch::Tensor;

use super::Encoder;
use super::activation::Activation;
use super::attention::{Attention, Heads, each_group};
use super::biases::Biases;
use super::embeddings::Embeddings;
use super::layers::{LayerNorm, Linear};
use crate::Error;
use crate::packing::{Group, PackedBatch, signed};
use crate::weights::Weights;

/// What an architecture calls the parts of a layer.
pub(super) struct Names {
    pub(super) query: &'static str,
    pub(super) key: &'static str,
    pub(super) value: &'static str,
    pub(super) output: &'static str,
    pub(super) attention_norm: &'static str,
    pub(super) up: &'static str,
    pub(super) down: &'static str,
    pub(super) norm: &'static str,
}

/// The names of BERT itself.
pub(super) const BERT: Names = Names {
    query: "attention.self.query",
    key: "attention.self.key",
    value: "attention.self.value",
    output: "attention.output.dense",
    attention_norm: "attention.output.LayerNorm",
    up: "intermediate.dense",
    down: "output.dense",
    norm: "output.LayerNorm",
};

/// What a layer's weights and sums follow from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    pub(super) hidden: usize,
    /// Width inside the feed-forward part.
    pub(super) inner: usize,
    pub(super) heads: usize,
    /// Of both norms.
    pub(super) epsilon: f64,
    pub(super) activation: Activation,
}

impl Form {
    /// Why there is no such layer, if there is none.
    pub(super) fn problem(&self) -> Option<String> {
        let (hidden, heads) = (self.hidden, self.heads);
        let splits = heads > 0 && hidden.is_multiple_of(heads);
        (!splits).then(|| format!("A hidden size of {hidden} can't be split among {heads} heads."))
    }
}

/// One layer.
pub(super) struct Layer {
    qkv: Linear,
    output: Linear,
    attention_norm: LayerNorm,
    up: Linear,
    down: Linear,
    norm: LayerNorm,
    heads: i64,
    activation: Activation,
}

impl Layer {
    /// Takes the layer whose names begin with `prefix`, such as `encoder.layer.0.`.
    pub(super) fn take(
        weights: &mut Weights,
        prefix: &str,
        names: &Names,
        form: &Form,
    ) -> Result<Self, Error> {
        let hidden = signed(form.hidden);
        let [q, k, v] = [names.query, names.key, names.value].map(|part| format!("{prefix}{part}"));
        let qkv = Linear::fused(weights, &[&q, &k, &v], hidden, hidden)?;
        Self::around(qkv, weights, prefix, names, form)
    }

    /// [`Self::take`] for what follows attention, with queries, keys and values side by side that were taken already.
    pub(super) fn around(
        qkv: Linear,
        weights: &mut Weights,
        prefix: &str,
        names: &Names,
        form: &Form,
    ) -> Result<Self, Error> {
        let name = |part: &str| format!("{prefix}{part}");
        let (hidden, inner, epsilon) = (signed(form.hidden), signed(form.inner), form.epsilon);
        Ok(Self {
            qkv,
            output: Linear::take(weights, &name(names.output), hidden, hidden)?,
            attention_norm: LayerNorm::take(weights, &name(names.attention_norm), hidden, epsilon)?,
            up: Linear::take(weights, &name(names.up), hidden, inner)?,
            down: Linear::take(weights, &name(names.down), inner, hidden)?,
            norm: LayerNorm::take(weights, &name(names.norm), hidden, epsilon)?,
            heads: signed(form.heads),
            activation: form.activation,
        })
    }

    /// `states` `[rows, hidden]` to the same shape.
    pub(super) fn forward(
        &self,
        states: &Tensor,
        batch: &PackedBatch,
        biases: &Biases,
    ) -> Result<Tensor, Error> {
        self.forward_by(states, batch, |rows, group| {
            let attention = Attention { bias: biases.get(group), ..Attention::default() };
            Heads::fused(rows, group, self.heads)?.attend(&attention)
        })
    }

    /// [`Self::forward`] with an attention of the caller's, from a group's queries, keys and values
    /// `[texts * length, 3 * hidden]` to its contexts `[texts * length, hidden]`.
    pub(super) fn forward_by(
        &self,
        states: &Tensor,
        batch: &PackedBatch,
        attend: impl Fn(&Tensor, &Group) -> Result<Tensor, Error>,
    ) -> Result<Tensor, Error> {
        let context = each_group(&self.qkv.forward(states)?, batch, attend)?;
        let attended = self.attention_norm.forward(&self.output.forward_add(&context, states)?)?;
        let inner = self.up.forward_activated(&attended, self.activation)?;
        self.norm.forward(&self.down.forward_add(&inner, &attended)?)
    }
}

/// Embeddings and layers with plain attention.
pub(super) struct PostNorm {
    pub(super) embeddings: Embeddings,
    pub(super) layers: Vec<Layer>,
}

impl Encoder for PostNorm {
    fn forward(&self, batch: &PackedBatch) -> Result<Tensor, Error> {
        let plain = Biases::default();
        let embedded = self.embeddings.forward(batch)?;
        self.layers.iter().try_fold(embedded, |states, layer| layer.forward(&states, batch, &plain))
    }
}

/// The first `count` layers below `layers`, such as `encoder.layer.`.
pub(super) fn stack(
    weights: &mut Weights,
    layers: &str,
    count: usize,
    names: &Names,
    form: &Form,
) -> Result<Vec<Layer>, Error> {
    (0..count).map(|number| Layer::take(weights, &format!("{layers}{number}."), names, form)).collect()
}
