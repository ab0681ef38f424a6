//! The tasks that a bridge keeps beside its calls: they end when it is closed, and it waits for them.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::instrument::WithSubscriber;

use crate::health::HealthChecker;
use crate::member::Member;

/// See the module. Clones share the tasks.
#[derive(Clone)]
pub(crate) struct Keeper {
    checker: Arc<HealthChecker>,
    closed: CancellationToken,
    tasks: TaskTracker,
}

impl Keeper {
    pub(crate) fn new(checker: Arc<HealthChecker>) -> Self {
        Self { checker, closed: CancellationToken::new(), tasks: TaskTracker::new() }
    }

    /// Cancelled when the bridge is closed.
    pub(crate) fn closed(&self) -> &CancellationToken {
        &self.closed
    }

    /// Keeps up a task on the current runtime, its events with the current `tracing` subscriber.
    pub(crate) fn keep(&self, task: impl Future<Output = ()> + Send + 'static) {
        let closed = self.closed.clone();
        let task = async move { closed.run_until_cancelled(task).await };
        self.tasks.spawn(task.with_current_subscriber());
    }

    /// Checks a host until it leaves.
    pub(crate) fn watch(&self, host: Arc<Member>) {
        let checker = Arc::clone(&self.checker);
        self.keep(async move { checker.run(&host).await });
    }

    /// Ends the tasks.
    pub(crate) async fn close(&self) {
        self.closed.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}
