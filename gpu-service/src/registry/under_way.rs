//! The models on their way into memory, as `/status` lists them, and how long they may still take.
//!
//! An entry lives as long as its guard, and the guard as long as the phase. Only downloads are counted byte by byte.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use gpu_bridge_protocol::limits::MAX_RETRY_AFTER_SECONDS;
use gpu_bridge_protocol::{LoadPhase, LoadingModel, Task};
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::hub::Meter;
use crate::model_name::ModelName;

/// Seconds after which a load whose progress nobody knows is worth asking for again.
const UNKNOWN: u64 = 5;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct UnderWay {
    entries: Mutex<(u64, BTreeMap<u64, Arc<Entry>>)>,
}

#[derive(Debug)]
struct Entry {
    model: ModelName,
    task: Task,
    phase: LoadPhase,
    meter: Meter,
    began: Instant,
    started_at: String,
}

/// Keeps an entry listed.
#[derive(Debug)]
pub(super) struct PhaseGuard {
    under_way: Arc<UnderWay>,
    number: u64,
    entry: Arc<Entry>,
}

impl PhaseGuard {
    /// Counts the bytes of the phase.
    pub(super) fn meter(&self) -> &Meter {
        &self.entry.meter
    }
}

impl Drop for PhaseGuard {
    fn drop(&mut self) {
        self.under_way.entries.lock().1.remove(&self.number);
    }
}

impl UnderWay {
    /// Lists a phase, from `now` until the guard is dropped.
    pub(super) fn open(
        self: &Arc<Self>,
        model: &ModelName,
        task: Task,
        phase: LoadPhase,
        now: SystemTime,
    ) -> PhaseGuard {
        let entry = Arc::new(Entry {
            model: model.clone(),
            task,
            phase,
            meter: Meter::default(),
            began: Instant::now(),
            started_at: humantime::format_rfc3339_millis(now).to_string(),
        });
        let mut entries = self.entries.lock();
        let number = entries.0;
        entries.0 += 1;
        entries.1.insert(number, Arc::clone(&entry));
        PhaseGuard { under_way: Arc::clone(self), number, entry }
    }

    /// As `/status` shows them, oldest first.
    pub(super) fn show(&self) -> Vec<LoadingModel> {
        self.entries.lock().1.values().map(|entry| entry.show()).collect()
    }

    /// Seconds that the model will still take, as far as its progress tells.
    pub(super) fn retry_after(&self, model: &ModelName) -> u64 {
        let entries = self.entries.lock();
        let left = entries.1.values().filter(|entry| entry.model == *model).map(|entry| entry.left());
        left.max().unwrap_or(UNKNOWN)
    }
}

impl Entry {
    fn progress(&self) -> f64 {
        let (done, total) = self.meter.read();
        if total == 0 { 0.0 } else { (done as f64 / total as f64).min(1.0) }
    }

    fn left(&self) -> u64 {
        let progress = self.progress();
        if progress <= 0.0 {
            return UNKNOWN;
        }
        let seconds = self.began.elapsed().as_secs_f64() * (1.0 - progress) / progress;
        (seconds.ceil() as u64).clamp(1, MAX_RETRY_AFTER_SECONDS)
    }

    fn show(&self) -> LoadingModel {
        let (bytes_done, bytes_total) = self.meter.read();
        LoadingModel {
            model: self.model.to_string(),
            task: self.task,
            phase: self.phase,
            progress: self.progress(),
            bytes_done,
            bytes_total,
            started_at: self.started_at.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_left_follows_from_what_is_done() {
        let (under_way, name) = (Arc::new(UnderWay::default()), "org/x".parse::<ModelName>().unwrap());
        let phase = LoadPhase::Downloading;
        let guard = under_way.open(&name, Task::Embed, phase, SystemTime::UNIX_EPOCH);
        assert_eq!(under_way.retry_after(&name), UNKNOWN);
        guard.meter().expect(100);
        guard.meter().add(25);
        advance(Duration::from_secs(20)).await;
        assert_eq!(under_way.retry_after(&name), 60);
        let shown = under_way.show();
        assert_eq!((shown[0].progress, shown[0].bytes_done, shown[0].bytes_total), (0.25, 25, 100));
        assert_eq!(shown[0].started_at, "1970-01-01T00:00:00.000Z");
        guard.meter().add(75);
        assert_eq!(under_way.retry_after(&name), 1);
        drop(guard);
        assert!(under_way.show().is_empty());
    }
}
