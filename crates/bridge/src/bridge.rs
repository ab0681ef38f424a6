//! The bridge: what the addon, and through it JavaScript, calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use gpu_bridge_protocol::{
    BertScoreRequest, BertScoreResponse, EmbedRequest, HealthResponse, InfoResponse, RerankRequest,
    RerankResponse, Vectors,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::alarms::Alarms;
use crate::bertscore::BertScoreWork;
use crate::budget::RetryBudget;
use crate::call_progress::OnProgress;
use crate::call_tally::CallTally;
use crate::config::Config;
use crate::deadline::Deadline;
use crate::discovery::Discovery;
use crate::dispatch::dispatch;
use crate::dispatcher::{Dispatcher, Stop};
use crate::dns_resolver::DnsResolver;
use crate::embed::EmbedWork;
use crate::error::{Code, Error};
use crate::fleet::{Fleet, FleetStatus};
use crate::health::HealthChecker;
use crate::hedge::Hedging;
use crate::host_client::HostClient;
use crate::host_protocol::Protocol;
use crate::keeper::Keeper;
use crate::metrics::Figures;
use crate::pool::Pool;
use crate::rerank::RerankWork;
use crate::resolver::Resolver;
use crate::snapshot::HostSnapshot;
use crate::survey::{self, Inquiry};
use crate::trace::{CallTrace, TraceContext};
use crate::transport::Transport;
use crate::vigil::Vigil;
use crate::work::Work;

/// How one call is to be made.
#[derive(Debug, Clone, Default)]
pub struct CallOptions {
    /// Instead of the configured `timeout`.
    pub timeout: Option<Duration>,
    /// Cancelling it ends the call with `aborted` and closes its connection.
    pub cancel: CancellationToken,
    /// The caller's trace; without one the call begins its own.
    pub trace: Option<TraceContext>,
    /// Told whenever a part of the call is done.
    pub on_progress: Option<OnProgress>,
}

/// A pool of GPU hosts that work is given to. Clones share it.
///
/// Every call must be made on the same tokio runtime, with its clock and I/O enabled. When the last clone is dropped,
/// or one is closed, health checks stop.
#[derive(Clone)]
pub struct Bridge {
    shared: Arc<Shared>,
}

struct Shared {
    dispatcher: Dispatcher,
    calls: CallTally,
    checker: Arc<HealthChecker>,
    keeper: Keeper,
    started: AtomicBool,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.keeper.closed().cancel();
    }
}

impl Bridge {
    /// A bridge that has sent nothing yet. `rng_seed` decides all its randomness: the spread of health checks
    /// and pauses.
    pub fn new(config: Config, transport: Arc<dyn Transport>, rng_seed: u64) -> Self {
        Self::with_resolver(config, transport, Arc::new(DnsResolver::new()), rng_seed)
    }

    /// The same, with another way to find the hosts of entries that stand for many.
    pub fn with_resolver(
        config: Config,
        transport: Arc<dyn Transport>,
        resolver: Arc<dyn Resolver>,
        rng_seed: u64,
    ) -> Self {
        let config = Arc::new(config);
        let pool = Pool::new(&config, rng_seed);
        let [budget, slice_budget] = [(); 2].map(|()| RetryBudget::new(config.retry_budget_percent));
        let hedging = Hedging::new(config.hedge_percent);
        let discovery = Discovery::new(&config, Arc::clone(&pool), resolver);
        let client = HostClient { config, pool: Arc::clone(&pool), transport };
        let checker = Arc::new(HealthChecker::new(client.clone()));
        let keeper = Keeper::new(Arc::clone(&checker));
        let vigil = Vigil { pool, checker: Arc::clone(&checker), alarms: Alarms::default() };
        let dispatcher = Dispatcher { client, budget, slice_budget, vigil, hedging, discovery };
        Self {
            shared: Arc::new(Shared {
                dispatcher,
                calls: CallTally::default(),
                checker,
                keeper,
                started: AtomicBool::new(false),
            }),
        }
    }

    /// Starts the health checks and the lookups of hosts on the current runtime, their events with the current `tracing`
    /// subscriber. Every call does so by itself; a second start does nothing. They hold neither the bridge nor the
    /// process.
    pub fn start(&self) {
        let shared = &self.shared;
        if shared.keeper.closed().is_cancelled() || shared.started.swap(true, Ordering::Relaxed) {
            return;
        }
        for host in self.client().pool.members() {
            shared.keeper.watch(host);
        }
        shared.dispatcher.discovery.start(&shared.keeper);
    }

    /// Turns texts into vectors.
    ///
    /// # Errors
    /// `invalid_input` before anything is sent; what the hosts had to say otherwise.
    pub async fn embed(&self, request: EmbedRequest, options: CallOptions) -> Result<Vectors, Error> {
        let call = async {
            self.ready()?;
            let work = EmbedWork::new(request, &self.client().config)?;
            self.dispatch(work, options).await
        };
        self.counted(EmbedWork::PATH, call).await
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
        let call = async {
            self.ready()?;
            let work = BertScoreWork::new(request, &self.client().config)?;
            self.dispatch(work, options).await
        };
        self.counted(BertScoreWork::PATH, call).await
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
        let call = async {
            self.ready()?;
            let (work, ranking) = RerankWork::new(request, &self.client().config)?;
            let mut answer = self.dispatch(work, options).await?;
            ranking.apply(&mut answer.results);
            Ok(answer)
        };
        self.counted(RerankWork::PATH, call).await
    }

    /// Asks every host how it is, which counts as a health check.
    ///
    /// # Errors
    /// Only when no host answers.
    pub async fn health(&self, options: CallOptions) -> Result<Fleet<HealthResponse>, Error> {
        self.ready()?;
        let patience = self.patience(&options).await?;
        let asked = survey::health(self.client(), &self.shared.checker, patience);
        self.unless_stopped(&options, asked).await
    }

    /// Asks every host what it is and has.
    ///
    /// # Errors
    /// Only when no host answers.
    pub async fn info(&self, options: CallOptions) -> Result<Fleet<InfoResponse>, Error> {
        self.ready()?;
        let inquiry = self.inquiry(&options).await?;
        self.unless_stopped(&options, survey::info(self.client(), &inquiry)).await
    }

    /// Asks every host what it is doing.
    ///
    /// # Errors
    /// Only when no host answers.
    pub async fn status(&self, options: CallOptions) -> Result<FleetStatus, Error> {
        self.ready()?;
        let inquiry = self.inquiry(&options).await?;
        self.unless_stopped(&options, survey::status(self.client(), &inquiry)).await
    }

    /// The pool's view of each host. Sends nothing.
    pub fn hosts(&self) -> Vec<HostSnapshot> {
        self.client().pool.snapshot(Instant::now())
    }

    /// The bridge's figures as OpenMetrics text ([`METRICS_CONTENT_TYPE`](crate::METRICS_CONTENT_TYPE)), which
    /// Prometheus scrapes. Sends nothing.
    pub fn metrics(&self) -> String {
        let Dispatcher { client, budget, slice_budget, hedging, discovery, .. } = &self.shared.dispatcher;
        let figures = Figures {
            hosts: client.pool.figures(Instant::now()),
            calls: self.shared.calls.read(),
            lookups: discovery.figures(),
            budgets: [budget.figures("calls"), slice_budget.figures("slices")],
            hedges_left: hedging.left(),
        };
        figures.into_text()
    }

    /// Ends calls in flight and all later ones with `closed`, and returns when the health checks and lookups have ended.
    pub async fn close(&self) {
        let Dispatcher { vigil, hedging, .. } = &self.shared.dispatcher;
        vigil.alarms.close();
        hedging.close();
        self.shared.keeper.close().await;
    }

    fn client(&self) -> &HostClient {
        &self.shared.dispatcher.client
    }

    fn ready(&self) -> Result<(), Error> {
        if self.shared.keeper.closed().is_cancelled() {
            return Err(Error::new(Code::Closed, "The bridge is closed; make a new one."));
        }
        if self.client().config.hosts.is_empty() {
            let message = "No GPU host is configured; set `hosts` to a list like [{\"url\": \"http://192.168.1.100:8765\"}].";
            return Err(Error::new(Code::NotConfigured, message));
        }
        self.start();
        Ok(())
    }

    /// Whether any host could do what gpu-service alone can do.
    fn able(&self, native_only: Option<&str>) -> Result<(), Error> {
        let mut hosts = self.client().config.hosts.iter();
        match native_only.filter(|_| hosts.all(|host| host.protocol != Protocol::GpuBridge)) {
            None => Ok(()),
            Some(what) => Err(Error::new(
                Code::NotConfigured,
                format!(
                    "No configured host can do {what}: all have `protocol` \"openai\", which is for plain embeddings; \
                     add a host that runs gpu-service."
                ),
            )),
        }
    }

    async fn dispatch<W: Work>(&self, work: W, options: CallOptions) -> Result<W::Answer, Error> {
        self.able(work.native_only())?;
        let timeout = options.timeout.unwrap_or(self.client().config.timeout);
        let deadline = Deadline::after(Instant::now(), timeout);
        self.found(&options, deadline).await?;
        let trace = CallTrace::new(options.trace, self.client().pool.request_id());
        let stop = Stop {
            deadline,
            cancel: &options.cancel,
            closed: self.shared.keeper.closed(),
            trace: &trace,
            on_progress: options.on_progress.as_ref(),
        };
        dispatch(&self.shared.dispatcher, &work, stop).await
    }

    /// Counts a call. No `async fn`, which would have the kilobytes of the call's future twice: as given and as awaited.
    fn counted<T>(
        &self,
        route: &'static str,
        call: impl Future<Output = Result<T, Error>>,
    ) -> impl Future<Output = Result<T, Error>> {
        let running = self.shared.calls.begin(route, Instant::now());
        call.map(|result| running.end(result))
    }

    /// Waits for a host to be found, where none is known.
    async fn found(&self, options: &CallOptions, deadline: Deadline) -> Result<(), Error> {
        match self.shared.dispatcher.discovery.is_needed() {
            true => self.unless_stopped(options, self.shared.dispatcher.discovery.found(deadline)).await,
            false => Ok(()),
        }
    }

    async fn inquiry(&self, options: &CallOptions) -> Result<Inquiry, Error> {
        let trace = CallTrace::new(options.trace.clone(), self.client().pool.request_id());
        Ok(Inquiry { trace, patience: self.patience(options).await? })
    }

    /// How long a survey may take yet, once a host is known.
    async fn patience(&self, options: &CallOptions) -> Result<Duration, Error> {
        let patience = options.timeout.unwrap_or(survey::PATIENCE.min(self.client().config.timeout));
        let deadline = Deadline::after(Instant::now(), patience);
        self.found(options, deadline).await?;
        Ok(deadline.instant() - Instant::now())
    }

    async fn unless_stopped<T>(
        &self,
        options: &CallOptions,
        asked: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        tokio::select! {
            biased;
            () = self.shared.keeper.closed().cancelled() => {
                Err(Error::new(Code::Closed, "The bridge was closed during the call."))
            }
            () = options.cancel.cancelled() => {
                Err(Error::new(Code::Aborted, "The call was aborted by its caller."))
            }
            result = asked => result,
        }
    }
}
