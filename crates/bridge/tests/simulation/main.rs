//! A thousand small fleets, each with its own random misfortunes. A failing seed is named and can be run alone:
//! `SEED=17 cargo test -p gpu-bridge-core --test simulation`; `SEEDS=10000` runs so many.
//!
//! Three in four fleets have a host that is always sound. There no call may fail but one that was impatient. In all of
//! them, whatever happens: every call ends by its deadline; answers are whole, in order and from one model; no item
//! is given to a host twice while another is left; nothing stays in flight; and once the hosts are well again, so is
//! every breaker.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod call;
mod mood;
#[path = "../support/mod.rs"]
mod support;

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gpu_bridge_core::protocol::{BertScoreRequest, EmbedRequest};
use gpu_bridge_core::{Bridge, HostHealth};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use support::*;
use tokio::time::Instant;

use crate::call::{Call, Jumps, TIMEOUT};
use crate::mood::Nature;

const SEEDS: u64 = 1_000;
const CALLS: usize = 24;
/// Calls begin, and misfortunes happen, for so long.
const STORM: Duration = Duration::from_secs(60);

/// By then every host has been checked since, also one that is locked, which is on the interval.
const CALM: Duration = Duration::from_secs(120);

/// What a seed makes.
struct World {
    seed: u64,
    fleet: Arc<Fleet>,
    bridge: Bridge,
    /// The host that is always well.
    sound: Option<usize>,
    jumps: Jumps,
    begun: Instant,
}

impl World {
    fn new(seed: u64, rng: &mut StdRng) -> Self {
        let mut hosts: Vec<_> =
            (0..rng.random_range(1..5)).map(|_| Nature::random(rng, 300).moody(rng, STORM)).collect();
        let sound = rng.random_bool(0.75).then(|| rng.random_range(0..=hosts.len()));
        if let Some(at) = sound {
            hosts.insert(at, Nature::random(rng, 2_000).steady());
        }
        let strategy = ["round-robin", "least-busy"][rng.random_range(0..2)];
        let config = json!({ "loadBalancing": strategy, "timeout": TIMEOUT.as_secs(),
                             "retries": { "budgetPercent": 100 } });
        let fleet = Fleet::new(hosts);
        let bridge = fleet.seeded_bridge(&config, seed);
        Self { seed, fleet, bridge, sound, jumps: Arc::new(Mutex::new(vec![])), begun: Instant::now() }
    }

    /// The machine sleeps for a few seconds, now and then in one world of four.
    async fn jump(jumps: Jumps, mut rng: StdRng) {
        if rng.random_bool(0.75) {
            return;
        }
        for _ in 0..3 {
            tokio::time::sleep(ms(rng.random_range(1..30_000))).await;
            let nap = ms(rng.random_range(1_000..9_000));
            jumps.lock().unwrap().push(Instant::now() + nap);
            tokio::time::advance(nap).await;
        }
    }

    /// No item is given to a host twice: the sound one is always left, until it has been asked.
    fn check_attempts(&self) {
        let mut asked: HashMap<(String, String), Vec<usize>> = HashMap::new();
        for seen in self.fleet.seen() {
            let items = match seen.path.as_str() {
                "/embed" => serde_json::from_slice::<EmbedRequest>(&seen.body).unwrap().texts,
                "/bertscore" => serde_json::from_slice::<BertScoreRequest>(&seen.body).unwrap().candidates,
                _ => continue,
            };
            let call = seen.headers["x-request-id"].to_str().unwrap().to_owned();
            // The first item stands for all: a slice that is cut anew begins where it did, or where another did.
            asked.entry((call, items[0].clone())).or_default().push(seen.host);
        }
        for (item, hosts) in &asked {
            let mut distinct = hosts.clone();
            distinct.sort_unstable();
            distinct.dedup();
            assert_eq!(distinct.len(), hosts.len(), "seed {}: {item:?} was given to {hosts:?}", self.seed);
        }
    }

    /// The storm is over: every host is found to be well, and given work.
    async fn check_calm(&self) {
        tokio::time::sleep_until(self.begun + CALM).await;
        let hosts = self.bridge.hosts();
        for host in &hosts {
            assert_eq!(
                (host.health, host.in_flight),
                (HostHealth::Healthy, 0),
                "seed {}: {host:?}",
                self.seed
            );
        }
        let request = EmbedRequest { texts: service::numbered(1, 5), ..Default::default() };
        let call = self.bridge.embed(request, within(30_000)).await;
        assert!(call.is_ok(), "seed {}: {:?}", self.seed, call.err());
        self.bridge.close().await;
        assert_eq!(self.fleet.open(), 0, "seed {}: a request was left open", self.seed);
    }
}

async fn run(seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    let world = World::new(seed, &mut rng);
    let sleeper = tokio::spawn(World::jump(world.jumps.clone(), StdRng::seed_from_u64(seed)));
    let calls: Vec<_> = (0..CALLS)
        .map(|_| {
            let call = Call::random(seed, &mut rng, STORM, world.sound.is_some());
            tokio::spawn(call.make(world.bridge.clone(), world.jumps.clone()))
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    sleeper.await.unwrap();
    // A machine that slept through a health check takes a sound host for a hanging one.
    if world.sound.is_some() && world.jumps.lock().unwrap().is_empty() {
        world.check_attempts();
    }
    world.check_calm().await;
}

/// A number from the environment.
fn set(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap())
}

fn simulate(seed: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(run(seed));
}

#[test]
fn no_fleet_breaks_a_promise() {
    if let Some(seed) = set("SEED") {
        return simulate(seed);
    }
    let (seeds, next) = (set("SEEDS").unwrap_or(SEEDS), AtomicU64::new(0));
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(seed) = Some(next.fetch_add(1, Relaxed)).filter(|seed| *seed < seeds) {
                    simulate(seed);
                }
            });
        }
    });
}
