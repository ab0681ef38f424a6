//! A device that does one request after the other, at a speed that may change with time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

/// How often the speed is looked at.
const STEP: Duration = Duration::from_millis(5);
/// What the clock of tokio counts in.
const TICK: Duration = Duration::from_millis(1);

/// See the module.
pub(crate) struct Device {
    /// Tokens a second, at a time since the fleet began.
    speed: Box<dyn Fn(Duration) -> f64 + Send + Sync>,
    /// Who holds it is being served; the others wait in order. Dropping the wait leaves the line.
    line: Mutex<()>,
}

impl Device {
    pub(crate) fn new(speed: impl Fn(Duration) -> f64 + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { speed: Box::new(speed), line: Mutex::new(()) })
    }

    /// Waits for its turn, and then until so many tokens are done.
    pub(crate) async fn run(&self, tokens: f64, begun: Instant) {
        let _turn = self.line.lock().await;
        let mut left = tokens;
        while left > 0.0 {
            let speed = (self.speed)(begun.elapsed());
            let step = Duration::from_secs_f64(left / speed).clamp(TICK, STEP);
            let from = Instant::now();
            sleep(step).await;
            left -= speed * from.elapsed().as_secs_f64();
        }
    }
}
