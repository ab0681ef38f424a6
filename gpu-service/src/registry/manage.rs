//! Models into memory and out of it by hand, for `/models/load` and `/models/unload`.

use std::sync::Arc;

use futures_util::future::join_all;
use gpu_bridge_protocol::ModelInfo;
use tokio::time::timeout;

use super::Registry;
use crate::batcher::ModelId;
use crate::error::ServiceError;
use crate::model::ModelKey;
use crate::model_name::ModelName;

/// What became of a wish to have a model in memory or out of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Managed {
    /// The model's entry in `/info`.
    pub entry: ModelInfo,
    /// Whether it is done; else it goes on.
    pub done: bool,
}

impl Registry {
    /// Brings a model into memory, whatever failed before.
    ///
    /// # Errors
    /// As [`get`](Self::get), but a model that takes long is no error.
    pub async fn load(self: &Arc<Self>, key: &ModelKey, asked: &ModelName) -> Result<Managed, ServiceError> {
        self.models.clear_failures(|other| other.is_same_model(key));
        self.folders.clear_failure(key);
        match self.get(key, asked).await {
            Ok(model) => Ok(Managed { entry: model.info(), done: true }),
            Err(ServiceError::ModelLoading { .. }) => Ok(Managed { entry: key.on_its_way(), done: false }),
            Err(error) => Err(error),
        }
    }

    /// Puts a model out of memory, with every number of layers it is there with, once nobody uses it any more. Who asks for it
    /// meanwhile loads it anew.
    ///
    /// # Errors
    /// `model_loading` while it is on its way, `model_not_found` when it isn't in memory.
    pub async fn unload(
        self: &Arc<Self>,
        key: &ModelKey,
        asked: &ModelName,
    ) -> Result<Managed, ServiceError> {
        let loaded = self.loaded().into_iter().filter(|(other, ..)| other.is_same_model(key));
        let copies: Vec<_> = loaded.collect();
        let Some(entry) = copies.first().map(|(_, _, model)| model.info()) else {
            return Err(self.not_loaded(key, asked));
        };
        self.depths.lock().remove(key.name());
        let retiring = copies.into_iter().map(|(key, id, _)| {
            self.models.remove(&key, id);
            let registry = Arc::clone(self);
            tokio::spawn(async move { registry.memory.retire(ModelId(id), &key, &*registry).await })
        });
        let done = timeout(self.patience, join_all(retiring)).await.is_ok();
        Ok(Managed { entry, done })
    }

    fn not_loaded(&self, key: &ModelKey, asked: &ModelName) -> ServiceError {
        if self.models.under_way().iter().any(|other| other.is_same_model(key)) {
            return self.still_loading(key, asked);
        }
        let labels = self.labels();
        let there = if labels.is_empty() { "nothing".to_owned() } else { labels.join(", ") };
        let reason = format!("isn't in memory for {}; in memory is {there}.", key.task().as_str());
        ServiceError::ModelNotFound { name: asked.to_string(), reason }
    }
}
