//! CPU work beside the device: tokens in, replies out.
//!
//! Such work runs on tokio's blocking threads, never more of it at once than there are cores, first come first
//! served, so that a bulk request's many pieces and a single query's one take turns. A piece too small to be
//! worth a thread runs where it is.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::error::ServiceError;

/// Bytes below which a piece of work runs in place: a thread switch costs about as much.
const IN_PLACE: usize = 2048;

/// See the module.
#[derive(Debug, Clone)]
pub struct CpuWorkers {
    permits: Arc<Semaphore>,
}

impl CpuWorkers {
    /// So many pieces at once.
    pub fn new(workers: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(workers.max(1))) }
    }

    /// Runs `work`, which touches about so many `bytes`.
    ///
    /// # Errors
    /// When it panics.
    pub async fn run<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ServiceError> {
        if bytes < IN_PLACE {
            return Ok(work());
        }
        // The semaphore is never closed; without a permit the work would still be right, only less fair.
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let piece = move || {
            let _permit = permit;
            work()
        };
        let failed = |_| ServiceError::InferenceFailed { reason: "a CPU worker panicked".to_owned() };
        tokio::task::spawn_blocking(piece).await.map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn small_work_runs_in_place_and_large_work_elsewhere() {
        let (workers, here) = (CpuWorkers::new(2), std::thread::current().id());
        assert_eq!(workers.run(10, || std::thread::current().id()).await.unwrap(), here);
        assert_ne!(workers.run(IN_PLACE, || std::thread::current().id()).await.unwrap(), here);
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_frees_its_place() {
        let workers = CpuWorkers::new(1);
        assert!(workers.run(IN_PLACE, || panic!("boom")).await.is_err());
        assert_eq!(workers.run(IN_PLACE, || 7).await.unwrap(), 7);
    }
}
