//! What `metrics()` tells, against what a scripted fleet did.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod support;

use gpu_bridge_core::{Bridge, CallOptions};
use gpu_bridge_metrics::Read;
use serde_json::json;
use support::*;

fn read(bridge: &Bridge) -> Read {
    let text = bridge.metrics();
    Read::parse(&text).unwrap_or_else(|fault| panic!("{fault}\n{text}"))
}

/// A series of one host and `/embed`, by its first label.
fn of_host(read: &Read, name: &str, host: &str, first: &str) -> f64 {
    let mut labels = [first, &format!("host=\"{host}\""), "route=\"/embed\""];
    labels.sort_unstable();
    let labels = labels.iter().filter(|label| !label.is_empty()).copied().collect::<Vec<_>>();
    read.get(&format!("{name}{{{}}}", labels.join(","))).unwrap_or(0.0)
}

#[tokio::test(start_paused = true)]
async fn a_bridge_that_did_nothing_tells_of_its_hosts_all_the_same() {
    let fleet = Fleet::new(vec![healthy(1)]);
    let hosts = json!([{ "url": "http://h0", "name": "a \"b\"\\c" }]);
    let read = read(&fleet.bridge(&json!({ "hosts": hosts })));
    assert_eq!(read.get("gpu_bridge_host_health{health=\"unknown\",host=\"a \"b\"\\c\"}"), Some(1.0));
    assert_eq!(read.get("gpu_bridge_host_breaker{host=\"a \"b\"\\c\",state=\"closed\"}"), Some(1.0));
    assert!(read.families().count() >= 20 && read.beginning("gpu_bridge_calls_total").is_empty());
}

#[tokio::test(start_paused = true)]
async fn counts_are_what_the_fleet_did() {
    let fleet = Fleet::new(vec![answering(|| refusal(500, "inference_failed")), healthy(30)]);
    let bridge = fleet.bridge(&json!({}));
    for _ in 0..4 {
        bridge.embed(texts(1), CallOptions::default()).await.unwrap();
    }
    let refused = bridge.embed(texts(0), CallOptions::default()).await.unwrap_err();
    let read = read(&bridge);
    let asked = fleet.hosts_asked("/embed");
    let [failed, served] = [0, 1].map(|host| asked.iter().filter(|&&other| other == host).count() as f64);
    assert!(failed >= 1.0);
    assert_eq!(of_host(&read, "gpu_bridge_host_requests_total", "gpu-1", "outcome=\"failed\""), failed);
    assert_eq!(of_host(&read, "gpu_bridge_host_requests_total", "gpu-2", "outcome=\"served\""), served);
    assert_eq!(of_host(&read, "gpu_bridge_host_attempts_total", "gpu-2", "reason=\"retry\""), failed);
    assert_eq!(
        read.get("gpu_bridge_host_faults_total{code=\"inference_failed\",host=\"gpu-1\"}"),
        Some(failed)
    );
    assert_eq!(of_host(&read, "gpu_bridge_host_request_duration_seconds_count", "gpu-2", ""), served);
    let seconds = of_host(&read, "gpu_bridge_host_request_duration_seconds_sum", "gpu-2", "");
    assert!((seconds - served * 0.03).abs() < 1e-6, "{seconds}");
    assert!(of_host(&read, "gpu_bridge_host_tokens_total", "gpu-2", "") > 0.0);
    assert_eq!(read.get("gpu_bridge_calls_total{outcome=\"ok\",route=\"/embed\"}"), Some(4.0));
    let code = format!("gpu_bridge_calls_total{{outcome=\"{}\",route=\"/embed\"}}", refused.code());
    assert_eq!(read.get(&code), Some(1.0));
    assert_eq!(read.get("gpu_bridge_call_duration_seconds_count{route=\"/embed\"}"), Some(5.0));
    assert_eq!(
        read.get("gpu_bridge_retry_budget_withdrawals_total{budget=\"calls\",result=\"granted\"}"),
        Some(failed)
    );
}

#[tokio::test(start_paused = true)]
async fn a_host_that_goes_out_and_comes_back_turns_twice_and_checks_are_counted() {
    let fleet = Fleet::new(vec![
        Box::new(|request, at| match at < ms(2500) {
            true => Reaction::Fail(ms(0), unreachable()),
            false => Reaction::Reply(ms(1), good(request)),
        }),
        healthy(1),
    ]);
    let bridge = fleet.bridge(&json!({ "healthCheckIntervalSeconds": 1 }));
    bridge.start();
    tokio::time::sleep(ms(20_000)).await;
    let read = read(&bridge);
    for standing in ["out", "in"] {
        let series = format!("gpu_bridge_host_turns_total{{host=\"gpu-1\",standing=\"{standing}\"}}");
        assert_eq!(read.get(&series), Some(1.0));
    }
    let checked: f64 =
        read.beginning("gpu_bridge_host_health_checks_total{host=\"gpu-1\"").iter().map(|(_, n)| n).sum();
    let asked = fleet.seen().iter().filter(|seen| seen.host == 0 && seen.path == "/health").count();
    assert_eq!(checked, asked as f64);
}

#[tokio::test(start_paused = true)]
async fn calls_that_run_are_in_flight_and_those_out_of_time_are_timeouts() {
    let fleet = Fleet::new(vec![hanging()]);
    let bridge = fleet.bridge(&json!({}));
    let call = tokio::spawn({
        let bridge = bridge.clone();
        async move { bridge.embed(texts(1), within(500)).await }
    });
    tokio::time::sleep(ms(100)).await;
    let during = read(&bridge);
    assert_eq!(during.get("gpu_bridge_calls_in_flight{route=\"/embed\"}"), Some(1.0));
    assert_eq!(during.get("gpu_bridge_host_in_flight{host=\"gpu-1\"}"), Some(1.0));
    call.await.unwrap().unwrap_err();
    let after = read(&bridge);
    assert_eq!(after.get("gpu_bridge_calls_in_flight{route=\"/embed\"}"), Some(0.0));
    assert_eq!(after.get("gpu_bridge_calls_total{outcome=\"timeout\",route=\"/embed\"}"), Some(1.0));
    assert_eq!(of_host(&after, "gpu_bridge_host_requests_total", "gpu-1", "outcome=\"given_up\""), 1.0);
}

#[tokio::test(start_paused = true)]
async fn copies_are_counted_as_sent_and_as_won() {
    let fleet = Fleet::new(vec![
        Box::new(|request, at| {
            let late = request.url.path() == "/embed" && at > ms(2000);
            Reaction::Reply(ms(if late { 5000 } else { 10 }), good(request))
        }),
        healthy(10),
    ]);
    let bridge = fleet.bridge(&json!({ "hedge": { "maxExtraPercent": 50 } }));
    while fleet.seen().last().is_none_or(|seen| seen.at < ms(2200)) {
        bridge.embed(texts(1), CallOptions::default()).await.unwrap();
    }
    let read = read(&bridge);
    let sent = of_host(&read, "gpu_bridge_host_attempts_total", "gpu-2", "reason=\"hedge\"");
    let won = of_host(&read, "gpu_bridge_host_hedges_won_total", "gpu-2", "");
    let given_up = of_host(&read, "gpu_bridge_host_requests_total", "gpu-1", "outcome=\"given_up\"");
    assert!(sent >= 1.0);
    assert_eq!((won, given_up), (sent, sent));
    let host = &bridge.hosts()[1];
    assert_eq!((host.hedges as f64, host.hedges_won as f64), (sent, won));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_spread_counts_its_slices() {
    let fleet = Fleet::new(vec![healthy(10), healthy(10)]);
    let bridge = fleet.bridge(&json!({}));
    for _ in 0..4 {
        bridge.embed(texts(1), CallOptions::default()).await.unwrap();
    }
    let before = fleet.hosts_asked("/embed").len();
    bridge.embed(texts(20_000), CallOptions::default()).await.unwrap();
    let slices = fleet.hosts_asked("/embed").len() - before;
    assert!(slices > 1);
    let read = read(&bridge);
    let counted: f64 = ["gpu-1", "gpu-2"]
        .map(|host| of_host(&read, "gpu_bridge_host_attempts_total", host, "reason=\"slice\""))
        .iter()
        .sum();
    assert_eq!(counted, slices as f64);
}
