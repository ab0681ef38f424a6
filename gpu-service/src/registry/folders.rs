//! From a model to its folder: where it is on this machine, else fetched from the hub if that may be.
//!
//! However many ask for it, for whatever task, it is fetched once. A folder isn't remembered: it is looked for whenever a model
//! is loaded.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use gpu_bridge_protocol::LoadPhase;

use super::failure::Failure;
use super::slots::Slots;
use super::under_way::UnderWay;
use crate::allow::Allowed;
use crate::hub::{Hub, HubError, Meter};
use crate::model::ModelKey;
use crate::resolve::Resolver;

/// Most models that a refusal lists.
const LISTED: usize = 20;

/// See the module.
pub(super) struct Folders {
    resolver: Resolver,
    hub: Hub,
    allowed: Allowed,
    under_way: Arc<UnderWay>,
    /// By the spellings of the name, for one without an organisation is another model for another task.
    slots: Slots<Vec<String>, PathBuf, Failure>,
}

impl Folders {
    /// Looks with `resolver`, then asks `hub` for what is `allowed` and lists that in `under_way`.
    pub(super) fn new(resolver: Resolver, hub: Hub, allowed: Allowed, under_way: Arc<UnderWay>) -> Arc<Self> {
        let slots = Slots::new(|found: &Result<PathBuf, Failure>| match found {
            Ok(_) => Some(Duration::ZERO),
            Err(failure) => Some(failure.believed()),
        });
        Arc::new(Self { resolver, hub, allowed, under_way, slots })
    }

    /// The model's folder.
    pub(super) async fn get(self: &Arc<Self>, key: &ModelKey) -> Result<PathBuf, Failure> {
        self.slots.forget(|_| false);
        let slot = self.slots.enter(&spellings(key), |_| Arc::clone(self).find(key.clone()));
        match slot.settled().await {
            Some(settled) => settled.outcome,
            None => Err(Failure::NotFetched("The service is stopping.".to_owned())),
        }
    }

    /// Looks anew for a model that wasn't found before.
    pub(super) fn clear_failure(&self, key: &ModelKey) {
        let spellings = spellings(key);
        self.slots.clear_failures(|other| *other == spellings);
    }

    async fn find(self: Arc<Self>, key: ModelKey) -> Result<PathBuf, Failure> {
        let (here, wanted) = (Arc::clone(&self), key.clone());
        let found = tokio::task::spawn_blocking(move || here.look(&wanted)).await;
        match found.unwrap_or_else(|_| Err(Failure::Missing("Looking for it panicked.".to_owned())))? {
            Some(folder) => Ok(folder),
            None => self.fetch(&key).await,
        }
    }

    /// On this machine; `None` where it isn't but may be fetched.
    fn look(&self, key: &ModelKey) -> Result<Option<PathBuf>, Failure> {
        match self.resolver.find(&spellings(key)) {
            Some(folder) => Ok(Some(folder)),
            None if self.may_fetch(key) => Ok(None),
            None => Err(Failure::Missing(self.explain(key))),
        }
    }

    fn may_fetch(&self, key: &ModelKey) -> bool {
        !self.hub.offline() && self.allowed.may_fetch(key.name(), key.task())
    }

    async fn fetch(&self, key: &ModelKey) -> Result<PathBuf, Failure> {
        let (phase, now) = (LoadPhase::Downloading, SystemTime::now());
        let listed = self.under_way.open(key.name(), key.task(), phase, now);
        tracing::info!(model = %key.name(), "fetching from the hub");
        let folder = self.first(&key.name().on_hub(key.task()), listed.meter()).await?;
        tracing::info!(model = %key.name(), folder = %folder.display(), "fetched from the hub");
        Ok(folder)
    }

    /// The first of the names that the hub knows.
    async fn first(&self, names: &[String], meter: &Meter) -> Result<PathBuf, HubError> {
        let (last, before) = match names.split_last() {
            Some((last, before)) => (last.as_str(), before),
            None => ("", names),
        };
        for name in before {
            match self.hub.fetch(name, meter).await {
                Err(HubError::NoSuchModel { .. }) => {}
                other => return other,
            }
        }
        self.hub.fetch(last, meter).await.map_err(|error| error.for_all(names))
    }

    /// What is there instead of a missing model, where it was looked for, and why it isn't fetched.
    fn explain(&self, key: &ModelKey) -> String {
        let (name, names) = (key.name(), self.resolver.names());
        let allowed =
            names.iter().filter(|name| self.allowed.allows(name, key.task())).map(ToString::to_string);
        let names: Vec<String> = allowed.take(LISTED).collect();
        let there = if names.is_empty() { "no model yet".to_owned() } else { names.join(", ") };
        let fetching = if self.hub.offline() {
            "Nothing is fetched from the hub, because HF_HUB_OFFLINE is set.".to_owned()
        } else {
            format!(
                "Only the defaults and what GPU_ALLOWED_MODELS names are fetched from the hub; name `{name}` there."
            )
        };
        format!("There is {there}. The service {}. {fetching}", self.resolver.explain(&spellings(key)))
    }
}

fn spellings(key: &ModelKey) -> Vec<String> {
    key.name().spellings(key.task())
}
