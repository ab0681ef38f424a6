//! What is remembered of a host that isn't gpu-service: the models it lists, and whether it can't encode numbers.
//!
//! Such a host has no default model that every request could leave unnamed. Where it has one model only, that is meant.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;

use crate::outcome::{Fault, Outcome};

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
    /// Takes in the body of a 2xx answer to `GET /v1/models`, and says what it lists: nothing where it is no list.
    pub(crate) fn on_models(&self, body: &[u8]) -> Vec<String> {
        let listing: Option<Listing> = serde_json::from_slice(body).ok();
        let entries = listing.map_or_else(Vec::new, |listing| listing.data);
        let models: Vec<_> = entries.into_iter().map(|entry| entry.id).collect();
        *self.models.lock().unwrap_or_else(PoisonError::into_inner) = Some(models.clone());
        models
    }

    /// What it lists; `None` where that isn't known.
    pub(crate) fn models(&self) -> Option<Vec<String>> {
        self.models.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// It may have other models by now.
    pub(crate) fn forget_models(&self) {
        *self.models.lock().unwrap_or_else(PoisonError::into_inner) = None;
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
