//! What a host costs that answers its health checks and fails requests, and how soon one that is well again has work.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod support;

use futures_util::future::join_all;
use gpu_bridge_core::{BreakerState, Bridge, CallOptions, HostHealth};
use serde_json::json;
use support::*;
use tokio::time::Instant;

/// Ten minutes' calls, ten a second.
const CALLS: usize = 6_000;

/// Well, but that for so many seconds requests fail.
fn failing_for(seconds: u64) -> Host {
    Box::new(move |request, at| match request.url.path() {
        "/embed" if at.as_secs() < seconds => Reaction::Reply(ms(1), refusal(500, "inference_failed")),
        _ => Reaction::Reply(ms(1), good(request)),
    })
}

async fn calls(bridge: &Bridge, count: usize) {
    for _ in 0..count {
        bridge.embed(texts(1), CallOptions::default()).await.unwrap();
        tokio::time::sleep(ms(100)).await;
    }
}

/// That host beside a good one, checked on the interval.
fn pair(host: Host, strategy: &str) -> Bridge {
    let bridge = Fleet::new(vec![host, healthy(1)]).bridge(&json!({ "loadBalancing": strategy }));
    bridge.start();
    bridge
}

/// Five failures, probes with growing pauses, then one in 22.5 s at most. When a good health check closed the breaker it
/// was 189 calls.
#[tokio::test(start_paused = true)]
async fn a_host_that_fails_all_requests_while_its_health_is_good_costs_few_calls() {
    for strategy in ["round-robin", "least-busy"] {
        let bridge = pair(failing_for(3_600), strategy);
        calls(&bridge, CALLS).await;
        let host = &bridge.hosts()[0];
        assert!(host.failures <= 5 + 5 + 600 * 2 / 45, "{strategy}: {} of {CALLS} calls", host.failures);
        assert_eq!(host.health, HostHealth::Unhealthy);
        assert_eq!(host.last_error.as_deref(), Some("status 500: No."), "its health doesn't hide why");
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_serves_requests_again_has_its_share_after_the_pause_and_the_slow_start() {
    for strategy in ["round-robin", "least-busy"] {
        let bridge = pair(failing_for(300), strategy);
        calls(&bridge, 3_000 + 310).await;
        assert_eq!(bridge.hosts()[0].health, HostHealth::Healthy, "{strategy}");
        calls(&bridge, 110).await;
        let before = bridge.hosts()[0].requests;
        calls(&bridge, 100).await;
        assert_eq!(bridge.hosts()[0].requests - before, 50, "{strategy}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_calls_it_is_ready_for_one_and_the_first_brings_it_back() {
    let bridge = pair(failing_for(3), "round-robin");
    calls(&bridge, 20).await;
    assert_eq!(bridge.hosts()[0].breaker, BreakerState::Open);
    tokio::time::sleep(ms(60_000)).await;
    assert_eq!(bridge.hosts()[0].breaker, BreakerState::HalfOpen);
    calls(&bridge, 2).await;
    assert_eq!(bridge.hosts()[0].health, HostHealth::Healthy);
}

/// Well, but that requests are never answered.
fn silent() -> Host {
    Box::new(|request, _| match request.url.path() {
        "/embed" => Reaction::Hang,
        _ => Reaction::Reply(ms(1), good(request)),
    })
}

/// Six hundred calls, ten at a time; how many fail.
async fn failing(bridge: &Bridge, options: &CallOptions) -> usize {
    let mut failed = 0;
    for _ in 0..60 {
        let calls = (0..10).map(|_| bridge.embed(texts(1), options.clone()));
        failed += join_all(calls).await.iter().filter(|result| result.is_err()).count();
    }
    failed
}

/// Nobody can tell it from one that works long, so that the first calls wait until their deadline. Without an end to that, half
/// of all calls did: 300.
#[tokio::test(start_paused = true)]
async fn a_host_that_answers_its_health_and_no_request_is_soon_left_out() {
    let bridge = pair(silent(), "round-robin");
    let failed = failing(&bridge, &CallOptions::default()).await;
    assert!(failed <= 12, "{failed} calls");
    let host = &bridge.hosts()[0];
    assert_eq!(host.health, HostHealth::Unhealthy);
    assert_eq!(host.last_error.as_deref(), Some("answered no request for 45 s"));
}

/// However little patience callers have: they wait for it together. When each had to wait for five seconds, half of all
/// calls failed for ever: 300.
#[tokio::test(start_paused = true)]
async fn a_silent_host_is_left_out_by_callers_who_never_wait_long() {
    for (patience, at_most) in [(500, 60), (2_000, 25), (4_000, 15)] {
        let bridge = pair(silent(), "round-robin");
        let failed = failing(&bridge, &within(patience)).await;
        assert!(failed <= at_most, "{failed} calls of {patience} ms");
        assert_eq!(bridge.hosts()[0].health, HostHealth::Unhealthy);
    }
}

/// It hangs, health checks and all; once that is known no call is risked on it. When it was probed with calls, 46 of them
/// failed in these ten minutes.
#[tokio::test(start_paused = true)]
async fn a_host_that_hangs_gets_no_call_until_it_answers_its_health_check() {
    let hangs: Host = Box::new(|request, at| match at.as_secs() {
        0..600 => Reaction::Hang,
        _ => Reaction::Reply(ms(1), good(request)),
    });
    let fleet = Fleet::new(vec![hangs, healthy(1)]);
    let bridge = fleet.bridge(&json!({}));
    let (begun, options) = (Instant::now(), within(2_000));
    let mut failed = 0;
    while begun.elapsed() < ms(600_000) {
        failed += usize::from(bridge.embed(texts(1), options.clone()).await.is_err());
        tokio::time::sleep(ms(100)).await;
    }
    assert!(failed <= 3, "{failed} calls");
    tokio::time::sleep(ms(30_000)).await;
    assert_eq!(bridge.hosts()[0].health, HostHealth::Healthy);
}
