//! The storm is over: within a bounded time every host is found to be well, or ready for the request that shows it, and
//! given work.

use std::sync::Arc;
use std::time::Duration;

use gpu_bridge_core::protocol::EmbedRequest;
use gpu_bridge_core::{BreakerState, CallOptions, HostHealth, HostSnapshot};
use tokio::runtime::Handle;
use tokio::time::sleep;

use crate::question::text;
use crate::world::{STORM, World};

/// By then every host has been checked since, also one that is locked, which is on the interval, and one that hadn't got
/// the model, which is believed for a minute, may have it again.
const CALM: Duration = Duration::from_secs(140);
/// After a pause, until a host is known to be well.
const AFTERWARDS: Duration = Duration::from_secs(40);
/// After the name has hosts again, until they are looked up.
const LOOKUP: Duration = Duration::from_secs(35);
/// Calls that each host should get one of.
const EACH: usize = 10;
/// Calls a host after which a probe has had no copy: ten copies may be saved up, and few are earned meanwhile.
const PROBES: usize = 20;
/// The number that these calls have.
const NUMBER: usize = usize::MAX / 2;

/// See the module.
pub(crate) async fn check(world: &Arc<World>) {
    sleep(due(world).saturating_sub(world.network.now())).await;
    assert_eq!(world.bridge.hosts().len(), world.network.hosts.len(), "not every host is there");
    check_tasks(world);
    for host in world.bridge.hosts() {
        let ready = host.health == HostHealth::Healthy || host.breaker == BreakerState::HalfOpen;
        assert!(ready && host.in_flight == 0, "{host:?}");
    }
    for _ in 0..EACH * world.network.hosts.len() {
        ask(world).await;
    }
    // A strategy that compares may well do without the slowest.
    if world.in_turn {
        check_shares(world);
        readmit(world).await;
    }
}

async fn ask(world: &World) {
    let request = EmbedRequest { texts: vec![text(0, NUMBER, 5)], ..Default::default() };
    world.bridge.embed(request, CallOptions::default()).await.unwrap();
}

/// A probe that lost to its copy has told nothing; when no copies are left to be paid, one is waited for.
async fn readmit(world: &World) {
    let network = &world.network;
    let reserve: Vec<_> = (0..network.hosts.len())
        .filter(|&host| network.is_reserve(host))
        .map(|host| network.name(host))
        .collect();
    let is_ready = |host: &HostSnapshot| host.health == HostHealth::Healthy || reserve.contains(&host.name);
    let is_well = || world.bridge.hosts().iter().all(is_ready);
    for _ in 0..PROBES * world.network.hosts.len() {
        if !is_well() {
            ask(world).await;
        }
    }
    assert!(is_well(), "{:?}", world.bridge.hosts());
}

/// A task for each host, and one that looks for them.
fn check_tasks(world: &World) {
    let looks = world.network.hosts.iter().any(|host| host.listed.is_some());
    let expected = world.network.hosts.len() + usize::from(looks);
    assert_eq!(Handle::current().metrics().num_alive_tasks(), expected, "something was left running");
}

/// When the longest pause that a host asked for is over as well.
fn due(world: &World) -> Duration {
    let log = world.network.log();
    let paused = log.iter().filter_map(|seen| seen.parks_until(NUMBER)).max();
    let named = world.network.dns.blackout.end + LOOKUP;
    CALM.max(paused.unwrap_or_default().max(named) + AFTERWARDS).max(STORM)
}

fn check_shares(world: &World) {
    let log = world.network.log();
    for host in (0..world.network.hosts.len()).filter(|&host| !world.network.is_reserve(host)) {
        let served = log.iter().filter(|seen| seen.call == Some(NUMBER) && seen.host == host).count();
        assert!(served > 0, "host {host} is well and gets nothing");
    }
}
