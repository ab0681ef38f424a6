//! A model for as long as somebody uses it.

use std::ops::Deref;
use std::sync::Arc;

use super::memory::Lease;
use crate::model::Model;

/// A model that stays in memory until this is dropped.
pub struct ModelLease {
    model: Arc<Model>,
    _lease: Lease,
}

impl ModelLease {
    pub(super) fn new(model: Arc<Model>, lease: Lease) -> Self {
        Self { model, _lease: lease }
    }
}

impl Deref for ModelLease {
    type Target = Model;

    fn deref(&self) -> &Model {
        &self.model
    }
}
