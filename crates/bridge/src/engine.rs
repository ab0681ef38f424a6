//! What is remembered of a host that isn't gpu-service: the models it lists, and whether it can't encode numbers.
//!
//! Such a host has no default model that every request could leave unnamed. Where it has one model only, that is meant.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Deserialize;

use crate::fault::Fault;
use crate::openai;
use crate::outcome::Outcome;
use crate::transport::HostReply;

/// Where the models are listed.
pub(crate) const MODELS: &str = "/v1/models";

/// Models that are named in a message.
const NAMED: usize = 8;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Engine {
    /// `None` until it was asked.
    models: Mutex<Option<Vec<String>>>,
    plain: AtomicBool,
}

#[derive(Deserialize)]
struct Listing {
    data: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
}

impl Engine {
    /// Takes in the answer to [`MODELS`], and gives what it lists; `None` where the host has no such route.
    ///
    /// # Errors
    /// What the answer means, where it is another one.
    pub(crate) fn on_models(&self, reply: &HostReply) -> Result<Option<Vec<String>>, Outcome> {
        let models = match reply.status {
            200..300 => Some(listed(&reply.body)),
            _ => match openai::refusal::outcome(reply) {
                Outcome::WrongServer(_) | Outcome::ModelMissing(_) => None,
                outcome => return Err(outcome),
            },
        };
        *self.lock() = Some(models.clone().unwrap_or_default());
        Ok(models)
    }

    /// What it lists; `None` where that isn't known.
    pub(crate) fn models(&self) -> Option<Vec<String>> {
        self.lock().clone()
    }

    /// It may have other models by now.
    pub(crate) fn forget_models(&self) {
        *self.lock() = None;
    }

    /// Whether it has refused to encode numbers.
    pub(crate) fn is_plain(&self) -> bool {
        self.plain.load(Ordering::Relaxed)
    }

    /// Takes in a refusal. Whether it was of the encoding, so that the host may be asked again without.
    pub(crate) fn is_news(&self, outcome: &Outcome) -> bool {
        let about = |fault: &Fault| fault.message.contains("encoding_format");
        outcome.fault().is_some_and(about) && !self.plain.swap(true, Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<String>>> {
        self.models.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The names in a list of models; none where it is no list.
fn listed(body: &[u8]) -> Vec<String> {
    let listing: Option<Listing> = serde_json::from_slice(body).ok();
    listing.map_or_else(Vec::new, |listing| listing.data.into_iter().map(|entry| entry.id).collect())
}

/// The model for a request that names none, of those that a host lists; `None` where it lists none.
///
/// # Errors
/// `ModelMissing` where there is a choice.
pub(crate) fn only_model(models: &[String]) -> Result<Option<String>, Outcome> {
    match models {
        [] => Ok(None),
        [only] => Ok(Some(only.clone())),
        several => {
            let named = several.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
            let more = if several.len() > NAMED { ", …" } else { "" };
            let message = format!(
                "lists {} models ({named}{more}) and the request names none; set `models.embed` or the request's \
                 `model` to one of them",
                several.len()
            );
            Err(Outcome::ModelMissing(Fault::new("model_not_found", None, message)))
        }
    }
}
