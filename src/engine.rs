//! A bridge together with the thread it lives on.
//!
//! Every bridge has its own thread instead of a share of a global runtime: so a worker thread that ends, or a plugin
//! that is loaded anew, takes its threads along and nothing of another bridge.

use std::sync::Arc;
use std::time::Duration;

use gpu_bridge_core::{Bridge, Config, ReqwestTransport};
use tokio::runtime::{Builder, Runtime};
use tokio_util::task::TaskTracker;
use tracing::Dispatch;
use tracing::dispatcher::with_default;
use tracing::instrument::WithSubscriber;

/// A second one would be woken and put to sleep again for nothing: a call's work is a few microseconds, and that of a
/// large answer a fraction of what its host took for it.
const THREADS: usize = 1;

/// How long the end waits for the look-up of a host name, the only work that can't be cut short.
const GRACE: Duration = Duration::from_secs(2);

/// See the module. Dropping it cuts calls off and joins the threads; [`close`](Self::close) first lets calls say so.
pub(crate) struct Engine {
    bridge: Bridge,
    /// Where the core's events go.
    log: Dispatch,
    calls: TaskTracker,
    /// Taken by the end only, which has to own it.
    runtime: Option<Runtime>,
}

impl Engine {
    /// Starts the threads and the health checks.
    ///
    /// # Errors
    /// When the system has no more threads.
    pub(crate) fn start(config: Config, log: Dispatch) -> napi::Result<Self> {
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(THREADS).thread_name("gpu-bridge").enable_all().build()?;
        let bridge = Bridge::new(config, Arc::new(ReqwestTransport::default()), rand::random());
        {
            let _inside = runtime.enter();
            with_default(&log, || bridge.start());
        }
        Ok(Self { bridge, log, calls: TaskTracker::new(), runtime: Some(runtime) })
    }

    pub(crate) fn bridge(&self) -> &Bridge {
        &self.bridge
    }

    /// The calls that run.
    pub(crate) fn calls(&self) -> &TaskTracker {
        &self.calls
    }

    /// Runs a call. Boxed, for it would be copied several times on its way to the thread, and is kilobytes.
    pub(crate) fn spawn(&self, call: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.runtime {
            self.calls.spawn_on(Box::pin(call).with_subscriber(self.log.clone()), runtime.handle());
        }
    }

    /// Ends running calls with `closed`, waits until each has told its caller, and joins the threads. Blocks.
    pub(crate) fn close(self) {
        self.calls.close();
        if let Some(runtime) = &self.runtime {
            runtime.block_on(async {
                self.bridge.close().await;
                self.calls.wait().await;
            });
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(GRACE);
        }
    }
}
