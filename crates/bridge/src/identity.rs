//! What exactly answered: two answers of the same identity fit together.
//!
//! A host's fingerprint says so for certain. Hosts of 0.2 send none, and are known by the model's name instead; they
//! fit each other and no host that sends one, for nothing shows that they would. Neither do hosts of another protocol: they
//! are known by protocol and model's name.

use crate::transport::HostReply;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The fingerprint, or the model's name in front of a host of 0.2.
    model: String,
    /// Numbers a vector, or the layer scored on.
    shape: usize,
}

impl Identity {
    /// Of an answer by the model called `name`.
    pub(crate) fn of(reply: &HostReply, name: &str, shape: usize) -> Self {
        let model =
            reply.fingerprint().map_or_else(|| format!("{name} without a fingerprint"), str::to_owned);
        Self { model, shape }
    }

    /// Of an answer by the model called `name` of a host that speaks as OpenAI does.
    pub(crate) fn of_openai(name: &str, shape: usize) -> Self {
        Self { model: format!("{name} of an openai host"), shape }
    }

    /// For people.
    pub(crate) fn describe(&self) -> String {
        format!("{} ({})", self.model, self.shape)
    }
}

#[cfg(test)]
impl Identity {
    pub(crate) fn named(model: &str) -> Self {
        Self { model: model.to_owned(), shape: 1 }
    }
}
