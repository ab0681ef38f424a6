//! The bridge: what the addon, and through it JavaScript, calls.
//!
//! It puts the parts together, and starts and ends what runs beside the calls. Work for the pool is in [`calls`], questions
//! to every host in [`surveys`].

mod calls;
mod surveys;

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::time::Instant;

use crate::call_options::CallOptions;
use crate::call_tally::CallTally;
use crate::code::Code;
use crate::config::Config;
use crate::deadline::Deadline;
use crate::dispatcher::Dispatcher;
use crate::error::Error;
use crate::health::HealthChecker;
use crate::host_client::HostClient;
use crate::keeper::Keeper;
use crate::pool::Pool;
use crate::resolver::Resolver;
use crate::resolver::dns_resolver::DnsResolver;
use crate::snapshot::HostSnapshot;
use crate::stop::Stop;
use crate::transport::Transport;

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
        let pool = Pool::new(&config, rng_seed);
        let client = HostClient { config: Arc::new(config), pool, transport, shortage: Arc::default() };
        let checker = Arc::new(HealthChecker::new(client));
        let shared = Shared {
            dispatcher: Dispatcher::new(Arc::clone(&checker), resolver),
            calls: CallTally::default(),
            keeper: Keeper::new(Arc::clone(&checker)),
            checker,
            started: AtomicBool::new(false),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Starts the health checks and the lookups of hosts on the current runtime, their events with the current `tracing`
    /// subscriber. Every call does so by itself; a second start does nothing. They hold neither the bridge nor the
    /// process.
    pub fn start(&self) {
        let Shared { dispatcher, keeper, started, .. } = &*self.shared;
        if keeper.closed().is_cancelled() || started.swap(true, Ordering::Relaxed) {
            return;
        }
        for host in self.client().pool.members() {
            keeper.watch(host);
        }
        dispatcher.discovery.start(keeper);
    }

    /// The pool's view of each host. Sends nothing.
    pub fn hosts(&self) -> Vec<HostSnapshot> {
        self.client().pool.snapshot(Instant::now())
    }

    /// The bridge's figures as OpenMetrics text ([`METRICS_CONTENT_TYPE`](crate::METRICS_CONTENT_TYPE)), which
    /// Prometheus scrapes. Sends nothing.
    pub fn metrics(&self) -> String {
        self.shared.dispatcher.figures(self.shared.calls.read()).into_text()
    }

    /// Ends calls in flight and all later ones with `closed`, and returns when the health checks and lookups have ended.
    pub async fn close(&self) {
        self.shared.dispatcher.close();
        self.shared.keeper.close().await;
    }

    fn client(&self) -> &HostClient {
        &self.shared.dispatcher.client
    }

    /// Starts, where it can be of use.
    fn ready(&self) -> Result<(), Error> {
        if self.shared.keeper.closed().is_cancelled() {
            return Err(Error::new(Code::Closed, "The bridge is closed; make a new one."));
        }
        self.client().config.check_hosts()?;
        self.start();
        Ok(())
    }

    fn stop<'a>(&'a self, options: &'a CallOptions) -> Stop<'a> {
        Stop { cancel: &options.cancel, closed: self.shared.keeper.closed() }
    }

    /// Waits for a host to be found, where none is known.
    async fn found(&self, stop: Stop<'_>, deadline: Deadline) -> Result<(), Error> {
        let discovery = &self.shared.dispatcher.discovery;
        match discovery.is_needed() {
            true => stop.unless(pin!(discovery.found(deadline))).await?,
            false => Ok(()),
        }
    }
}
