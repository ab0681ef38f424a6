//! Questions to every host: how it is, what it has, what it does.

use std::pin::pin;

use gpu_bridge_protocol::{HealthResponse, InfoResponse};
use tokio::time::Instant;

use super::Bridge;
use crate::call_options::CallOptions;
use crate::deadline::Deadline;
use crate::error::Error;
use crate::fleet::{Fleet, FleetStatus};
use crate::inquiry::Inquiry;
use crate::survey;
use crate::trace::CallTrace;

impl Bridge {
    /// Asks every host how it is, which counts as a health check.
    ///
    /// # Errors
    /// Only when no host answers.
    pub async fn health(&self, options: CallOptions) -> Result<Fleet<HealthResponse>, Error> {
        let deadline = self.begin_survey(&options).await?;
        let asked = pin!(survey::health(&self.shared.checker, deadline));
        self.stop(&options).unless(asked).await?
    }

    /// Asks every host what it is and has.
    ///
    /// # Errors
    /// Only when no host answers.
    pub async fn info(&self, options: CallOptions) -> Result<Fleet<InfoResponse>, Error> {
        let inquiry = self.inquiry(&options).await?;
        self.stop(&options).unless(pin!(survey::info(&inquiry))).await?
    }

    /// Asks every host what it is doing.
    ///
    /// # Errors
    /// Only when no host answers.
    pub async fn status(&self, options: CallOptions) -> Result<FleetStatus, Error> {
        let inquiry = self.inquiry(&options).await?;
        self.stop(&options).unless(pin!(survey::status(&inquiry))).await?
    }

    async fn inquiry(&self, options: &CallOptions) -> Result<Inquiry<'_>, Error> {
        let deadline = self.begin_survey(options).await?;
        let trace = CallTrace::new(options.trace.clone(), self.client().pool.request_id());
        Ok(Inquiry { client: self.client(), trace, deadline })
    }

    /// Waits until there is a host to ask, and says when the survey must be over.
    async fn begin_survey(&self, options: &CallOptions) -> Result<Deadline, Error> {
        self.ready()?;
        let patience = options.timeout.unwrap_or(survey::PATIENCE.min(self.client().config.timeout));
        let deadline = Deadline::after(Instant::now(), patience);
        self.found(self.stop(options), deadline).await?;
        Ok(deadline)
    }
}
