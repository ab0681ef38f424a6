//! A fleet, its bridge and its calls, and what has to hold whatever befalls them.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use gpu_bridge_core::{Bridge, Config, Error};
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::json;
use tokio::time::{advance, sleep};

use crate::budgets::Budgets;
use crate::call::{Call, Ended, Leave, TIMEOUT};
use crate::exchange::Exchange;
use crate::history::History;
use crate::nature::Nature;
use crate::network::{Host, Network};
use crate::oracle::{Oracle, is_unpaid};
use crate::script::Script;

/// Calls begin, and misfortunes happen, for so long.
pub(crate) const STORM: Duration = Duration::from_secs(60);
/// The furthest that the machine's clock jumps at a time.
const JUMP: Duration = Duration::from_secs(9);

/// What a seed makes.
pub(crate) struct World {
    pub(crate) network: Arc<Network>,
    pub(crate) bridge: Bridge,
    /// Which part of the requests retries and copies may be.
    shares: (f64, f64),
    pub(crate) in_turn: bool,
    /// When the machine wakes up again.
    jumps: Mutex<Vec<Duration>>,
    /// When the bridge is closed, if it is.
    pub(crate) closes: Option<Duration>,
}

impl World {
    pub(crate) fn random(seed: u64, rng: &mut StdRng) -> Arc<Self> {
        let network = Arc::new(network(rng));
        let (in_turn, shares) = (rng.random_bool(0.5), ([0.0, 0.2, 1.0][rng.random_range(0..3)], 0.05));
        let hosts: Vec<_> =
            (0..network.hosts.len()).map(|host| json!({ "url": format!("http://h{host}") })).collect();
        let config = json!({ "hosts": hosts, "timeout": TIMEOUT.as_secs(),
                             "loadBalancing": if in_turn { "round-robin" } else { "least-busy" },
                             "retries": { "budgetPercent": shares.0 * 100.0 } });
        let bridge = Bridge::new(Config::from_json(config).unwrap(), network.clone(), seed);
        let closes = rng.random_bool(0.1).then(|| STORM.mul_f64(rng.random()));
        Arc::new(Self { network, bridge, shares, in_turn, jumps: Mutex::default(), closes })
    }

    /// The machine sleeps for a few seconds, now and then in one world of five.
    pub(crate) async fn jump(self: Arc<Self>, mut rng: StdRng) {
        for _ in 0..if rng.random_bool(0.2) { 3 } else { 0 } {
            sleep(Duration::from_millis(rng.random_range(1..30_000))).await;
            let nap = Duration::from_millis(rng.random_range(1_000..JUMP.as_millis() as u64));
            self.jumps.lock().unwrap().push(self.network.now() + nap);
            advance(nap).await;
        }
    }

    /// Closes the bridge, if it is to be closed, with all its calls.
    pub(crate) async fn close(self: Arc<Self>) {
        if let Some(at) = self.closes {
            sleep(at).await;
            self.bridge.close().await;
        }
    }

    /// What has to hold when a call ends; `None` where its caller dropped it.
    pub(crate) fn check_end(&self, call: &Call, ended: Option<&Ended>) {
        let open = self.network.open_of(Some(call.number));
        assert_eq!(open, 0, "{open} requests of a call outlived it: {call:?}");
        let Some(ended) = ended else { return };
        let naps = self.jumps.lock().unwrap().iter().filter(|&&at| at >= ended.begun).count() as u32;
        let (took, slack) = (ended.at - ended.begun, Duration::from_millis(2) + JUMP * naps);
        assert!(took <= call.patience() + slack, "{call:?} took {took:?}");
        if naps == 0 {
            self.check_deadlines(call, ended);
        }
        call.check_progress(ended.result.is_ok());
        if let Err(error) = &ended.result {
            self.check_failure(call, ended, error, naps > 0);
        }
    }

    /// Every host was told how much was left.
    fn check_deadlines(&self, call: &Call, ended: &Ended) {
        let log = self.network.log();
        for seen in log.iter().filter(|seen| seen.call == Some(call.number)) {
            let (told, deadline) = (seen.at + seen.left, ended.begun + call.timeout);
            assert!(told <= deadline && told + Duration::from_millis(2) >= deadline, "{seen:?} of {call:?}");
        }
    }

    fn check_failure(&self, call: &Call, ended: &Ended, error: &Error, slept: bool) {
        match (error.code(), call.leave) {
            ("aborted", Leave::Cancels(after)) => assert!(ended.at >= ended.begun + after, "{error}"),
            ("closed", _) => assert!(self.closes.is_some_and(|at| at <= ended.at), "{error}"),
            _ if slept => {}
            _ => self.consult(call, ended, error),
        }
    }

    fn consult(&self, call: &Call, ended: &Ended, error: &Error) {
        let log = self.network.log();
        if is_unpaid(error) {
            let spent = Budgets::of(&log).spent(ended.at);
            assert!(spent >= 20, "the retry budget wasn't spent, but {spent}: {error}");
        }
        Oracle { network: &self.network, call, ended, log: &log }.check(error);
    }

    /// What has to hold of all that was sent.
    pub(crate) fn check_log(&self, calls: &[Arc<Call>]) {
        let log = self.network.log();
        for call in calls {
            History { network: &self.network, call, log: &log }.check();
        }
        let budgets = Budgets::of(&log);
        budgets.check_copies(self.shares.1);
        let is_single = |seen: &Exchange| seen.call.is_some_and(|call| calls[call].items == 1);
        budgets.check_retries(self.shares.0, is_single);
    }
}

/// One to five hosts. In three of four fleets one is always well.
fn network(rng: &mut StdRng) -> Network {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let moody = |rng: &mut StdRng| {
        let nature = Nature::random(rng, 300, now);
        Host { nature, script: Script::random(rng, STORM) }
    };
    let mut hosts: Vec<_> = (0..rng.random_range(1..5)).map(|_| moody(rng)).collect();
    if rng.random_bool(0.75) {
        let sound = Host { nature: Nature::random(rng, 2_000, now), script: Script::sound() };
        hosts.insert(rng.random_range(0..=hosts.len()), sound);
    }
    let jump = |rng: &mut StdRng| (STORM.mul_f64(rng.random()), rng.random_range(-9_000..9_000));
    let jumps = (0..rng.random_range(0..3)).map(|_| jump(rng)).collect();
    Network::new(hosts, (now, jumps))
}
