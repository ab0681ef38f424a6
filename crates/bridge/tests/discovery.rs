//! Hosts that are found in DNS: they come and go, and no call is lost.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod support;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gpu_bridge_core::{Bridge, CallOptions, HostHealth, ResolveError, Target};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use support::roaming::{Roaming, address, hosts, lasting, target};
use support::*;
use tokio::time::{Instant, sleep};

fn names(bridge: &Bridge) -> Vec<String> {
    bridge.hosts().into_iter().map(|host| host.name).collect()
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn refused() -> ResolveError {
    ResolveError::Failed("request timed out".to_owned())
}

fn no_hosts() -> ResolveError {
    ResolveError::NoHosts("DNS has no such name".to_owned())
}

#[tokio::test(start_paused = true)]
async fn the_first_call_waits_until_hosts_are_found() {
    let fleet = Roaming::of([2, 1]);
    *fleet.lookup_time.lock().unwrap() = secs(2);
    let bridge = fleet.bridge(&json!({}));
    assert!(bridge.hosts().is_empty());
    bridge.embed(texts(1), within(2_500)).await.unwrap();
    assert_eq!(names(&bridge), ["pool/10.0.0.1:8765", "pool/10.0.0.2:8765"]);
    let told = gpu_bridge_metrics::Read::parse(&bridge.metrics()).unwrap();
    let about = ["gpu_bridge_discovered_hosts", "gpu_bridge_lookups_total", "gpu_bridge_lookup_failing"];
    let about = about.map(|family| told.get(&format!("{family}{{entry=\"pool\"}}")));
    assert_eq!(about, [Some(2.0), Some(1.0), Some(0.0)]);
    let host = &bridge.hosts()[0];
    assert_eq!((host.entry.as_deref(), &*host.url), (Some("pool"), "http://gpu-pool:8765"));
    let health = bridge.health(CallOptions::default()).await.unwrap();
    assert_eq!(health.hosts.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_doesnt_wait_for_a_name_beyond_its_deadline() {
    let fleet = Roaming::of([1]);
    *fleet.lookup_time.lock().unwrap() = secs(5);
    let error = fleet.bridge(&json!({})).embed(texts(1), within(1_000)).await.unwrap_err();
    assert_eq!(error.code(), "timeout");
    assert!(error.to_string().contains("gpu-pool"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_name_without_hosts_fails_a_call_until_it_has_some() {
    let fleet = Roaming::of([1]);
    let bridge = fleet.bridge(&json!({}));
    for reason in [refused(), no_hosts()] {
        fleet.is_told(Err(reason.clone()));
        let error = bridge.embed(texts(1), within(5_000)).await.unwrap_err();
        assert_eq!(error.code(), "dns_failed");
        for part in ["gpu-pool", "\"pool\"", &reason.to_string()] {
            assert!(error.to_string().contains(part), "{error}");
        }
        assert_eq!(bridge.status(CallOptions::default()).await.unwrap_err().code(), "dns_failed");
    }
    fleet.is_told(hosts([1]));
    bridge.embed(texts(1), within(1_500)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn hosts_stay_while_nobody_answers_and_leave_when_none_is_named_for_a_minute() {
    let fleet = Roaming::of([1, 2]);
    let bridge = fleet.bridge(&json!({}));
    bridge.embed(texts(1), within(1_000)).await.unwrap();
    fleet.is_told(Err(refused()));
    sleep(secs(3_600)).await;
    bridge.embed(texts(1), within(1_000)).await.unwrap();
    fleet.is_told(Err(no_hosts()));
    sleep(secs(60)).await;
    assert_eq!(bridge.hosts().len(), 2);
    sleep(secs(61)).await;
    assert!(bridge.hosts().is_empty());
    assert_eq!(bridge.embed(texts(1), within(5_000)).await.unwrap_err().code(), "dns_failed");
}

#[tokio::test(start_paused = true)]
async fn a_host_that_cant_be_reached_has_its_name_looked_up_again() {
    let fleet = Roaming::of([1]);
    fleet.is_told(lasting(secs(3_600), vec![target(1)]));
    let bridge = fleet.bridge(&json!({ "healthCheckIntervalSeconds": 3600 }));
    bridge.embed(texts(1), within(1_000)).await.unwrap();
    sleep(secs(100)).await;
    assert_eq!(fleet.lookups.load(Ordering::SeqCst), 1);
    fleet.starts(2);
    fleet.stops(1);
    fleet.is_told(hosts([2]));
    bridge.embed(texts(1), within(1_000)).await.unwrap();
    assert_eq!(names(&bridge), ["pool/10.0.0.2:8765"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_no_known_host_serves_has_the_names_looked_up_once_more() {
    let fleet = Roaming::of([1]);
    let bridge = fleet.bridge(&json!({}));
    bridge.embed(texts(1), within(1_000)).await.unwrap();
    fleet.stops(1);
    fleet.starts(2);
    fleet.is_told(hosts([2]));
    // The name was looked up a moment ago, so that the call has asked the first host twice before it may be again.
    bridge.embed(texts(1), within(5_000)).await.unwrap();
    fleet.stops(2);
    let before = fleet.lookups.load(Ordering::SeqCst);
    let error = bridge.embed(texts(1), within(60_000)).await.unwrap_err();
    assert_eq!(error.code(), "all_hosts_failed");
    assert!(fleet.lookups.load(Ordering::SeqCst) > before);
    let asked = Instant::now();
    *fleet.lookup_time.lock().unwrap() = secs(20);
    let error = bridge.embed(texts(1), within(5_000)).await.unwrap_err();
    assert_eq!((error.code(), asked.elapsed()), ("all_hosts_failed", secs(5)));
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_hosts_have_all_left_goes_on_with_those_that_come() {
    let fleet = Roaming::of([1]);
    let bridge = fleet.bridge(&json!({}));
    bridge.embed(texts(1), within(1_000)).await.unwrap();
    fleet.is_told(Err(no_hosts()));
    sleep(secs(60)).await;
    let call = tokio::spawn({
        let bridge = bridge.clone();
        async move { bridge.embed(texts(40_000), within(120_000)).await }
    });
    while !bridge.hosts().iter().all(|host| host.health == HostHealth::Draining) {
        sleep(ms(1)).await;
    }
    fleet.starts(2);
    fleet.is_told(hosts([2]));
    assert_eq!(call.await.unwrap().unwrap().data.len(), 80_000);
    assert!(fleet.done(2) > 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_under_way_uses_hosts_that_come() {
    let fleet = Roaming::of([1]);
    let bridge = fleet.bridge(&json!({}));
    bridge.embed(texts(1), within(1_000)).await.unwrap();
    let call = tokio::spawn({
        let bridge = bridge.clone();
        async move { bridge.embed(texts(40_000), within(120_000)).await }
    });
    sleep(secs(2)).await;
    fleet.starts(2);
    fleet.is_told(hosts([1, 2]));
    assert_eq!(call.await.unwrap().unwrap().data.len(), 80_000);
    assert!(fleet.done(2) > 5_000, "{:?}", fleet.done);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_leaves_finishes_what_it_has() {
    let fleet = Roaming::of([1, 2]);
    let bridge = fleet.bridge(&json!({ "hedge": { "enabled": false } }));
    let over = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..4).map(|_| tokio::spawn(caller(bridge.clone(), over.clone()))).collect();
    sleep(secs(4)).await;
    fleet.is_told(hosts([2]));
    let leaving = || bridge.hosts().into_iter().find(|host| host.health == HostHealth::Draining);
    let first = loop {
        sleep(ms(1)).await;
        if let Some(host) = leaving() {
            break host;
        }
    };
    assert_eq!(first.name, "pool/10.0.0.1:8765");
    let mut left = first.in_flight;
    while let Some(host) = leaving() {
        assert!(host.in_flight > 0 && host.in_flight <= left && host.requests == first.requests);
        left = host.in_flight;
        sleep(ms(1)).await;
    }
    over.store(true, Ordering::SeqCst);
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!(names(&bridge), ["pool/10.0.0.2:8765"]);
}

#[tokio::test(start_paused = true)]
async fn hosts_of_a_higher_number_are_a_reserve_and_weights_are_shares() {
    let fleet = Roaming::of([1, 2, 3]);
    let weighed = |host, weight, priority| Target { weight, priority, ..target(host) };
    fleet.is_told(lasting(secs(5), vec![weighed(1, 1.5, 0), weighed(2, 0.5, 0), weighed(3, 1.0, 7)]));
    let bridge = fleet.bridge(&json!({}));
    // The hosts that come begin slowly, all alike.
    for _ in 0..400 {
        bridge.embed(texts(1), within(1_000)).await.unwrap();
    }
    assert_eq!([1, 2, 3].map(|host| fleet.done(host)), [300, 100, 0]);
    fleet.stops(1);
    fleet.stops(2);
    for _ in 0..50 {
        bridge.embed(texts(1), within(1_000)).await.unwrap();
    }
    assert_eq!(fleet.done(3), 50);
}

/// Calls, one after the other, until it is over. Each has to succeed.
async fn caller(bridge: Bridge, over: Arc<AtomicBool>) -> usize {
    let mut calls = 0;
    while !over.load(Ordering::SeqCst) {
        let count = [1, 3, 40][calls % 3];
        let answer = bridge.embed(texts(count), within(20_000)).await.unwrap();
        assert_eq!(answer.data.len(), 2 * count);
        calls += 1;
    }
    calls
}

#[tokio::test(start_paused = true)]
async fn no_call_is_lost_while_hosts_come_and_go() {
    let (fleet, mut rng) = (Roaming::of(0..3), StdRng::seed_from_u64(11));
    let bridge = fleet.bridge(&json!({ "retries": { "budgetPercent": 100 } }));
    let over = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..4).map(|_| tokio::spawn(caller(bridge.clone(), over.clone()))).collect();
    let (mut known, mut next): (BTreeSet<usize>, _) = ((0..3).collect(), 3);
    let told = |known: &BTreeSet<usize>| lasting(secs(1), known.iter().copied().map(target).collect());
    for _ in 0..40 {
        sleep(ms(rng.random_range(1_100..3_000))).await;
        if known.len() < 3 || (known.len() < 8 && rng.random()) {
            fleet.starts(next);
            known.insert(next);
            next += 1;
            fleet.is_told(told(&known));
            continue;
        }
        let leaves = *known.iter().nth(rng.random_range(0..known.len())).unwrap();
        known.remove(&leaves);
        // One in three dies first, and DNS hears of it later.
        if rng.random_bool(0.33) {
            fleet.stops(leaves);
            sleep(ms(rng.random_range(0..3_000))).await;
        }
        fleet.is_told(told(&known));
        sleep(secs(2)).await;
        fleet.stops(leaves);
    }
    over.store(true, Ordering::SeqCst);
    let mut calls = 0;
    for caller in callers {
        calls += caller.await.unwrap();
    }
    sleep(secs(10)).await;
    let expected: Vec<_> = known.iter().map(|host| format!("pool/{}", address(*host))).collect();
    assert_eq!(names(&bridge), expected);
    assert!(bridge.hosts().iter().all(|host| host.in_flight == 0));
    let unused: Vec<_> = (0..next).filter(|host| fleet.done(*host) == 0).collect();
    assert!(unused.is_empty(), "{unused:?} of {next} hosts, in {calls} calls");
}

#[tokio::test(start_paused = true)]
async fn thousands_of_hosts_that_came_and_went_leave_nothing_behind() {
    let fleet = Roaming::of(0..4);
    let bridge = fleet.bridge(&json!({}));
    bridge.embed(texts(1), within(1_000)).await.unwrap();
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    for first in (4..3_000).step_by(4) {
        let now = first..first + 4;
        now.clone().for_each(|host| fleet.starts(host));
        fleet.is_told(hosts(now));
        sleep(secs(6)).await;
        bridge.embed(texts(2), within(5_000)).await.unwrap();
        assert!(bridge.hosts().len() <= 8);
    }
    sleep(secs(6)).await;
    assert_eq!((bridge.hosts().len(), tasks()), (4, before));
    bridge.close().await;
    assert_eq!(tasks(), 0);
}
