//! Work for the pool: checked, done by whom the pool picks, and counted.

use gpu_bridge_protocol::{
    BertScoreRequest, BertScoreResponse, EmbedRequest, RerankRequest, RerankResponse, Vectors,
};
use tokio::time::Instant;

use super::Bridge;
use crate::bertscore::BertScoreWork;
use crate::call_options::CallOptions;
use crate::config::Config;
use crate::deadline::Deadline;
use crate::dispatch::dispatch;
use crate::embed::EmbedWork;
use crate::error::Error;
use crate::rerank::RerankWork;
use crate::terms::Terms;
use crate::trace::CallTrace;
use crate::work::Work;

impl Bridge {
    /// Turns texts into vectors.
    ///
    /// # Errors
    /// `invalid_input` before anything is sent; what the hosts had to say otherwise.
    pub async fn embed(&self, request: EmbedRequest, options: CallOptions) -> Result<Vectors, Error> {
        self.call(|config| EmbedWork::new(request, config), options).await
    }

    /// Scores candidates against references.
    ///
    /// # Errors
    /// `invalid_input` before anything is sent; what the hosts had to say otherwise.
    pub async fn bertscore(
        &self,
        request: BertScoreRequest,
        options: CallOptions,
    ) -> Result<BertScoreResponse, Error> {
        self.call(|config| BertScoreWork::new(request, config), options).await
    }

    /// Orders documents by their relevance to a query.
    ///
    /// # Errors
    /// `invalid_input` before anything is sent; what the hosts had to say otherwise.
    pub async fn rerank(
        &self,
        request: RerankRequest,
        options: CallOptions,
    ) -> Result<RerankResponse, Error> {
        self.call(|config| RerankWork::new(request, config), options).await
    }

    /// Has the work done that a request asks for, which counts as a call even where `check` refuses it. No `async fn`,
    /// which would hold the kilobytes of the call's future twice: as given and as awaited.
    fn call<W: Work>(
        &self,
        check: impl FnOnce(&Config) -> Result<W, Error>,
        options: CallOptions,
    ) -> impl Future<Output = Result<W::Answer, Error>> {
        self.shared.calls.count(W::PATH, self.serve(check, options))
    }

    async fn serve<W: Work>(
        &self,
        check: impl FnOnce(&Config) -> Result<W, Error>,
        options: CallOptions,
    ) -> Result<W::Answer, Error> {
        self.ready()?;
        let config = &self.client().config;
        let work = check(config)?;
        config.check_able(work.native_only())?;
        let deadline = Deadline::after(Instant::now(), options.timeout.unwrap_or(config.timeout));
        let stop = self.stop(&options);
        self.found(stop, deadline).await?;
        let trace = CallTrace::new(options.trace.clone(), self.client().pool.request_id());
        let terms = Terms { deadline, stop, trace, on_progress: options.on_progress.as_ref() };
        let answer = dispatch(&self.shared.dispatcher, &work, &terms).await?;
        Ok(work.finish(answer))
    }
}
