//! Tells a host that works long from one that hangs.
//!
//! A call must not stand still until its deadline because a host has stopped, and honest long work must not
//! be thrown away. So a host that has been silent for a second, while another one is known to be well, is asked
//! for its health. Where it answers, the call goes on waiting, up to its deadline; where it doesn't within
//! [`PATIENCE`](crate::health::PATIENCE), the attempt has failed and the other host gets the work. So it does where the
//! host says that it is well but has [stalled](crate::gauge::Gauge::stalled): a device may hang behind a server that doesn't.
//! The last host that is well is always waited for. A probe of a host that was out is watched from its first moment.
//!
//! There is no fixed share of the deadline for an attempt: it would throw away work that takes more than the
//! share on every host in turn. A connection that died silently is found by TCP keepalive.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::alarms::Alarms;
use crate::breaker_state::BreakerState;
use crate::fault::Fault;
use crate::finding::Finding;
use crate::health::HealthChecker;
use crate::host::Host;
use crate::lease::Sent;
use crate::member::Member;
use crate::pool::Pool;
use crate::tried::Tried;

const SILENCE: Duration = Duration::from_secs(1);

/// See the module.
pub(crate) struct Vigil {
    pool: Arc<Pool>,
    checker: Arc<HealthChecker>,
    pub(crate) alarms: Alarms,
}

impl Vigil {
    pub(crate) fn new(pool: Arc<Pool>, checker: Arc<HealthChecker>) -> Self {
        Self { pool, checker, alarms: Alarms::default() }
    }

    /// Ends only when the host is found to hang and another one is left.
    pub(crate) async fn watch(&self, host: &Member, sent: &Sent, is_probe: bool, tried: &Tried) -> Fault {
        let mut pause = if is_probe { Duration::ZERO } else { SILENCE };
        loop {
            self.alarms.sleep_until(Instant::now() + pause).await;
            pause = SILENCE;
            if !self.another_is_left(host, tried) {
                continue;
            }
            let finding = self.checker.check(host).await;
            if let Some(fault) = self.verdict(host, sent, finding)
                && self.another_is_left(host, tried)
            {
                return fault;
            }
        }
    }

    /// What is wrong with the host, if it hangs.
    fn verdict(&self, host: &Member, sent: &Sent, finding: Finding) -> Option<Fault> {
        match finding {
            Err(fault) if self.is_out(host) => {
                Some(Fault::new(fault.code, fault.status, format!("fell silent and {}", fault.message)))
            }
            Err(_) => None,
            Ok(_) => self.pool.stalled(sent, Instant::now()).map(|idle| {
                let message = format!("answers /health, but has served no request for {} s", idle.as_secs());
                Fault::new("unresponsive", None, message)
            }),
        }
    }

    fn another_is_left(&self, host: &Member, tried: &Tried) -> bool {
        self.pool.has_well(tried, host.id, Instant::now())
    }

    fn is_out(&self, host: &Member) -> bool {
        let is_out = |host: &mut Host, _| host.breaker.state() == BreakerState::Open;
        self.pool.update(host.id, is_out) == Some(true)
    }
}
