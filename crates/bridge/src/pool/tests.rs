//! The pool as its callers see it: who is picked, who is left out, and what leases leave behind.

use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::json;

use super::*;
use crate::appraisal::Appraisal;
use crate::demand::{Demand, Kind};
use crate::fault::Fault;
use crate::host_health::HostHealth;
use crate::lease::Lease;
use crate::pick::Pick;
use crate::tried::Tried;

fn pool(hosts: usize) -> Arc<Pool> {
    let hosts: Vec<_> = (0..hosts).map(|index| json!({ "url": format!("http://h{index}") })).collect();
    Pool::new(&Config::from_json(json!({ "hosts": hosts })).unwrap(), 1)
}

fn demand() -> Demand {
    Demand { kind: Kind::new("/embed", None), tokens: 10.0 }
}

fn lease(pool: &Arc<Pool>, tried: &Tried, now: Instant) -> Lease {
    match pool.pick(tried, &demand(), None, now) {
        Pick::Lease(lease) => lease,
        other => panic!("no lease but {other:?}"),
    }
}

fn fault() -> Fault {
    Fault::new("server_error", Some(500), "no")
}

fn parked(seconds: u64) -> Outcome {
    Outcome::Overloaded { pause: Duration::from_secs(seconds), draining: false, fault: fault() }
}

#[test]
fn a_tried_host_is_not_picked_while_another_is_left() {
    let (pool, now) = (pool(3), Instant::now());
    let mut tried = Tried::default();
    let mut asked = vec![];
    for _ in 0..3 {
        let lease = lease(&pool, &tried, now);
        asked.push(lease.host().index());
        tried.failed(lease.host());
    }
    asked.sort_unstable();
    assert_eq!(asked, [0, 1, 2]);
    assert!(matches!(pool.pick(&tried, &demand(), None, now), Pick::Exhausted));
    assert!(tried.forgive() && matches!(pool.pick(&tried, &demand(), None, now), Pick::Lease(_)));
}

fn come(pool: &Arc<Pool>, name: &str, now: Instant) -> Arc<Member> {
    let config = Config::from_json(json!({ "hosts": [{ "url": format!("http://{name}"), "name": name }] }));
    pool.join(7, config.unwrap().hosts.remove(0), now)
}

#[test]
fn a_host_that_leaves_gets_nothing_new_and_finishes_what_it_has() {
    let (pool, now, tried) = (pool(1), Instant::now(), Tried::default());
    let new = come(&pool, "new", now);
    let mut leases: Vec<_> = (0..20).map(|_| lease(&pool, &tried, now)).collect();
    assert!(leases.iter().any(|lease| lease.host() == new.id));
    pool.leave(&new);
    assert!((0..20).all(|_| lease(&pool, &tried, now).host() != new.id));
    let seen = pool.snapshot(now);
    let on_it = leases.iter().filter(|lease| lease.host() == new.id).count();
    assert_eq!((seen[1].health, seen[1].in_flight), (HostHealth::Draining, on_it as u64));
    leases.retain(|lease| lease.host() != new.id);
    assert_eq!(pool.snapshot(now).len(), 1, "gone with the last of them");
    assert_eq!(pool.update(new.id, |_, _| ()), None);
}

#[test]
fn a_host_that_comes_begins_with_little_and_at_the_median_speed() {
    let (pool, now) = (pool(2), Instant::now());
    for id in [0, 1].map(HostId::new) {
        pool.update(id, |host, _| {
            host.traffic.gauges.record(&demand(), None, Duration::from_secs(1), now);
        });
    }
    let new = come(&pool, "new", now);
    let state = pool.lock();
    let kind = demand().kind;
    let speeds = [0, 10].map(|seconds| {
        let now = now + Duration::from_secs(seconds);
        let appraisal = Appraisal::new(&state.hosts, &kind, now);
        appraisal.speed(new.id) / appraisal.speed(HostId::new(0))
    });
    assert!((speeds[0] - 0.1).abs() < 0.01 && (speeds[1] - 1.0).abs() < 0.01, "{speeds:?}");
}

#[test]
fn a_fleet_that_churns_takes_the_room_of_its_present_hosts() {
    let (pool, now, mut fleet, mut leases) = (pool(1), Instant::now(), vec![], vec![]);
    let mut rng = StdRng::seed_from_u64(5);
    for round in 0..5_000 {
        fleet.push(come(&pool, &format!("host-{round}"), now));
        leases.push(lease(&pool, &Tried::default(), now));
        if fleet.len() > 20 {
            pool.leave(&fleet.swap_remove(rng.random_range(0..20)));
        }
        if leases.len() > 30 {
            leases.swap_remove(rng.random_range(0..30)).finish(&Outcome::Served, now);
        }
        let (working, leaving) = pool.lock().hosts.count();
        assert!(working <= 22 && leaving <= 30, "{working} work, {leaving} leave");
    }
    leases.clear();
    assert_eq!(pool.lock().hosts.count(), (21, 0));
    assert!(pool.lock().balancer.remembered() <= 21);
}

#[test]
fn a_pause_is_never_shortened_by_a_later_answer() {
    let (pool, now) = (pool(1), Instant::now());
    let tried = Tried::default();
    let (first, second) = (lease(&pool, &tried, now), lease(&pool, &tried, now));
    first.finish(&parked(20), now);
    second.finish(&parked(2), now);
    let Pick::Wait(until) = pool.pick(&tried, &demand(), None, now) else { panic!("the host isn't parked") };
    assert_eq!(until - now, Duration::from_secs(20));
}

#[test]
fn hosts_that_are_out_are_asked_where_no_other_is_left() {
    let (pool, now) = (pool(2), Instant::now());
    let tried = Tried::default();
    pool.update(HostId::new(0), |host, _| host.on_sick(&fault(), now, 0.0));
    for _ in 0..4 {
        assert_eq!(lease(&pool, &tried, now).host().index(), 1);
    }
    pool.update(HostId::new(1), |host, _| host.on_sick(&fault(), now, 0.0));
    assert!(matches!(pool.pick(&tried, &demand(), None, now), Pick::Lease(_)));
}

#[test]
fn where_most_hosts_are_out_they_share_a_tenth_of_a_hosts_calls() {
    let (pool, now, tried) = (pool(3), Instant::now(), Tried::default());
    for index in [0, 1] {
        pool.update(HostId::new(index), |host, _| host.on_sick(&fault(), now, 0.0));
    }
    for _ in 0..110 {
        let lease = lease(&pool, &tried, now);
        let failed = lease.host().index() < 2;
        lease.finish(&if failed { Outcome::Failed(fault()) } else { Outcome::Served }, now);
    }
    let requests: Vec<_> = pool.snapshot(now).iter().map(|host| host.requests).collect();
    assert_eq!(requests, [5, 5, 100]);
}

#[test]
fn a_dropped_lease_leaves_no_trace_but_the_count() {
    let (pool, now) = (pool(1), Instant::now());
    drop(lease(&pool, &Tried::default(), now));
    let host = &pool.snapshot(now)[0];
    assert_eq!((host.requests, host.in_flight, host.failures), (1, 0, 0));
}

#[test]
fn a_dropped_probe_makes_room_for_the_next() {
    let (pool, tried) = (pool(2), Tried::default());
    let now = Instant::now();
    pool.update(HostId::new(0), |host, _| host.on_sick(&fault(), now, 0.0));
    let later = now + Duration::from_secs(2);
    let probes = |count: usize| -> Vec<Lease> {
        (0..count).map(|_| lease(&pool, &tried, later)).filter(Lease::is_probe).collect()
    };
    let first = probes(4);
    assert_eq!(first.len(), 1, "one probe at a time");
    drop(first);
    assert_eq!(probes(4).len(), 1);
}
