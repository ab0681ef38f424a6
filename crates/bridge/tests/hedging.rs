//! Late requests get a copy on another host, and no more than a share of them do.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gpu_bridge_core::{Bridge, CallOptions};
use serde_json::json;
use support::*;
use tokio::time::Instant;

/// Takes ten milliseconds, but five seconds for every so-manieth request.
fn sometimes_slow(every: usize) -> Host {
    let count = AtomicUsize::new(0);
    Box::new(move |request, _| {
        let slow =
            request.url.path() == "/embed" && count.fetch_add(1, Ordering::SeqCst) % every == every - 1;
        Reaction::Reply(ms(if slow { 5_000 } else { 10 }), good(request))
    })
}

/// Takes ten milliseconds, and half a second from the so-manieth request on.
fn slow_from(first: usize) -> Host {
    let count = AtomicUsize::new(0);
    Box::new(move |request, _| {
        let slow = request.url.path() == "/embed" && count.fetch_add(1, Ordering::SeqCst) >= first;
        Reaction::Reply(ms(if slow { 500 } else { 10 }), good(request))
    })
}

/// How long each of so many calls takes, one after the other.
async fn times(bridge: &Bridge, count: usize) -> Vec<Duration> {
    let mut times = vec![];
    for _ in 0..count {
        let begun = Instant::now();
        bridge.embed(texts(1), CallOptions::default()).await.unwrap();
        times.push(begun.elapsed());
    }
    times
}

fn slow(times: &[Duration]) -> usize {
    times.iter().filter(|time| **time > ms(100)).count()
}

#[tokio::test(start_paused = true)]
async fn a_late_request_is_answered_by_another_host_and_the_first_is_let_go() {
    let fleet = Fleet::new(vec![sometimes_slow(50), healthy(10)]);
    let bridge = fleet.bridge(&json!({}));
    let times = times(&bridge, 400).await;
    assert_eq!(slow(&times), 0, "{times:?}");
    assert_eq!((fleet.hosts_asked("/embed").len(), fleet.open()), (404, 0));
    assert!(bridge.hosts().iter().all(|host| (host.in_flight, host.failures) == (0, 0)));
}

#[tokio::test(start_paused = true)]
async fn copies_keep_within_their_share_however_many_requests_are_late() {
    let fleet = Fleet::new(vec![slow_from(50), healthy(10)]);
    let bridge = fleet.bridge(&json!({}));
    let times = times(&bridge, 1_000).await;
    let sent = fleet.hosts_asked("/embed").len();
    assert!((1_005..=1_050).contains(&sent), "{sent} requests for 1,000 calls");
    assert!(slow(&times) > 0);
}

#[tokio::test(start_paused = true)]
async fn the_share_can_be_set_and_hedging_switched_off() {
    for (hedge, copies) in [(json!({ "enabled": false }), 0..=0), (json!({ "maxExtraPercent": 1 }), 2..=4)] {
        let fleet = Fleet::new(vec![sometimes_slow(25), healthy(10)]);
        times(&fleet.bridge(&json!({ "hedge": hedge })), 400).await;
        let sent = fleet.hosts_asked("/embed").len() - 400;
        assert!(copies.contains(&sent), "{sent} copies with {hedge}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_alone_is_waited_for() {
    let fleet = Fleet::new(vec![sometimes_slow(50), dead()]);
    let times = times(&fleet.bridge(&json!({})), 200).await;
    assert_eq!((slow(&times), fleet.open()), (4, 0));
    let asked = fleet.hosts_asked("/embed").iter().filter(|&&host| host == 0).count();
    assert_eq!(asked, 200);
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_fails_costs_the_call_nothing() {
    let count = AtomicUsize::new(0);
    let fails_copies: Host = Box::new(move |request, _| {
        let embed = request.url.path() == "/embed";
        let fails = embed && count.fetch_add(1, Ordering::SeqCst) >= 100;
        Reaction::Reply(ms(10), if fails { refusal(500, "inference_failed") } else { good(request) })
    });
    let fleet = Fleet::new(vec![sometimes_slow(101), fails_copies]);
    let bridge = fleet.bridge(&json!({}));
    let times = times(&bridge, 205).await;
    assert_eq!(slow(&times), 1, "the slow request itself came back");
    assert!(bridge.hosts()[1].failures > 0);
}
