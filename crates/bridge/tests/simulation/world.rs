//! A fleet, its bridge and its calls, and what has to hold whatever befalls them.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use gpu_bridge_core::{Bridge, Config, Error, HostHealth, HostSnapshot};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::time::{advance, sleep};

use crate::budgets::Budgets;
use crate::call::{Call, Ended, Leave, TIMEOUT};
use crate::dns::Dns;
use crate::exchange::{Exchange, Fate};
use crate::history::History;
use crate::nature::Nature;
use crate::network::{Host, Network};
use crate::oracle::{Oracle, SEEN, is_unpaid};
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
        let network = Arc::new(network(rng, &mut StdRng::seed_from_u64(!seed)));
        let (in_turn, shares) = (rng.random_bool(0.5), ([0.0, 0.2, 1.0][rng.random_range(0..3)], 0.05));
        let config = json!({ "hosts": entries(&network), "timeout": TIMEOUT.as_secs(),
                             "loadBalancing": if in_turn { "round-robin" } else { "least-busy" },
                             "retries": { "budgetPercent": shares.0 * 100.0 } });
        let config = Config::from_json(config).unwrap();
        let bridge = Bridge::with_resolver(config, network.clone(), network.clone(), seed);
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
            self.check_drained(ended.at);
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

    /// No host that is back is left alone for long because it was stopping.
    fn check_drained(&self, now: Duration) {
        let (told, log) = (self.bridge.hosts(), self.network.log());
        let is_back = |host: &usize| {
            let Host { script, listed, .. } = &self.network.hosts[*host];
            let asks =
                |seen: &Exchange| matches!(seen.end, Some((at, _, Fate::Paused(pause))) if at + pause > now);
            let is_fixed = listed.is_none() && self.closes.is_none();
            is_fixed
                && script.sound_since(now) + SEEN < now
                && !log.iter().any(|seen| seen.host == *host && asks(seen))
        };
        for host in (0..self.network.hosts.len()).filter(is_back) {
            let told = told.iter().find(|told| told.name == self.network.name(host));
            let is_left =
                |host: &HostSnapshot| matches!(host.health, HostHealth::Draining | HostHealth::Parked);
            assert!(!told.is_some_and(is_left), "{told:?} at {now:?}");
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

    /// Nothing is left of hosts that have left, once no call is under way.
    pub(crate) fn check_hosts(&self) {
        let mut told: Vec<_> = self.bridge.hosts().into_iter().map(|host| host.name).collect();
        let mut known: Vec<_> =
            self.network.roll().present().map(|(_, stay)| self.network.name(stay.host)).collect();
        told.sort_unstable();
        known.sort_unstable();
        assert_eq!(told, known, "the bridge keeps others than it was told of");
    }

    /// What has to hold of all that was sent.
    pub(crate) fn check_log(&self, calls: &[Arc<Call>]) {
        let log = self.network.log();
        for call in calls {
            History { network: &self.network, call, log: &log }.check();
        }
        check_absent(&log);
        let budgets = Budgets::of(&log);
        budgets.check_copies(self.shares.1);
        let is_single = |seen: &Exchange| seen.call.is_some_and(|call| calls[call].items == 1);
        budgets.check_retries(self.shares.0, is_single);
    }
}

/// Hosts that have left are asked nothing, but how they are, while they have something to finish.
fn check_absent(log: &[Exchange]) {
    for (number, seen) in log.iter().enumerate().filter(|(_, seen)| seen.stay.is_none()) {
        let is_open = |other: &&Exchange| other.call.is_some() && other.fate_before(number).is_none();
        let mut open = log[..number].iter().filter(is_open);
        let is_busy = open.any(|other| other.host == seen.host);
        assert!(seen.call.is_none() && is_busy, "{seen:?} of a host that has left");
    }
}

/// A host each, but one for all that are found in DNS.
fn entries(network: &Network) -> Vec<Value> {
    let (listed, fixed): (Vec<_>, Vec<_>) =
        (0..network.hosts.len()).partition(|&host| network.hosts[host].listed.is_some());
    let pool =
        (!listed.is_empty()).then(|| json!({ "name": "pool", "url": "http://pool:8765", "discover": "dns" }));
    fixed
        .into_iter()
        .map(|host| json!({ "name": network.name(host), "url": format!("http://h{host}") }))
        .chain(pool)
        .collect()
}

/// In one fleet of three, most hosts are found in DNS, and come and go.
fn roam(hosts: &mut [Host], rng: &mut StdRng) {
    if rng.random_ratio(1, 3) {
        for host in hosts {
            if rng.random_bool(0.2) {
                continue;
            }
            host.listed = Some([0, 0, 0, 1][rng.random_range(0..4)]);
            host.script.roam(rng);
        }
    }
}

/// One to five hosts. In three of four fleets one is always well.
fn network(rng: &mut StdRng, roaming: &mut StdRng) -> Network {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let moody = |rng: &mut StdRng| {
        let nature = Nature::random(rng, 300, now);
        Host { nature, script: Script::random(rng, STORM), listed: None }
    };
    let mut hosts: Vec<_> = (0..rng.random_range(1..5)).map(|_| moody(rng)).collect();
    if rng.random_bool(0.75) {
        let sound = Host { nature: Nature::random(rng, 2_000, now), script: Script::sound(), listed: None };
        hosts.insert(rng.random_range(0..=hosts.len()), sound);
    }
    let jump = |rng: &mut StdRng| (STORM.mul_f64(rng.random()), rng.random_range(-9_000..9_000));
    let jumps = (0..rng.random_range(0..3)).map(|_| jump(rng)).collect();
    roam(&mut hosts, roaming);
    Network::new(hosts, Dns::random(roaming), (now, jumps))
}
