//! Which host the least-busy strategy finds, from what hosts say of themselves and from what is seen of them.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod support;

use std::time::Duration;

use gpu_bridge_core::{Bridge, CallOptions, HostReply};
use serde_json::{Value, json};
use support::*;

/// What a host says of its load: memory in use, tokens that wait, tokens a second.
#[derive(Clone, Copy)]
struct Says {
    memory: f64,
    queue: f64,
    speed: f64,
}

fn says(mut reply: HostReply, says: Says) -> HostReply {
    let named = json!({ "queue_tokens": says.queue, "in_flight": 0, "tokens_per_second": says.speed });
    let load =
        json!({ "application_utilization": 0, "mem_utilization": says.memory, "named_metrics": named });
    reply.headers.insert("endpoint-load-metrics", format!("JSON {load}").parse().unwrap());
    reply
}

/// Good, takes so many milliseconds for each text, and says this of its load.
fn talkative(millis: u64, load: Says) -> Host {
    Box::new(move |request, _| {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let texts = body["texts"].as_array().map_or(0, Vec::len) as u64;
        Reaction::Reply(ms(1 + millis * texts), says(good(request), load))
    })
}

/// As fast as it is: four tokens in six milliseconds.
const IDLE: Says = Says { memory: 0.3, queue: 0.0, speed: 667.0 };

/// A bridge whose health checks have been round.
async fn informed(hosts: Vec<Host>) -> (std::sync::Arc<Fleet>, Bridge) {
    let fleet = Fleet::new(hosts);
    let bridge = fleet.bridge(&json!({ "loadBalancing": "least-busy" }));
    bridge.start();
    tokio::time::sleep(Duration::from_secs(2)).await;
    (fleet, bridge)
}

async fn calls(bridge: &Bridge, count: usize, texts_each: usize) {
    for _ in 0..count {
        bridge.embed(texts(texts_each), CallOptions::default()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_equally_fast_idle_hosts_the_one_with_less_memory_in_use_is_asked() {
    let full = talkative(5, Says { memory: 0.6, ..IDLE });
    let (fleet, bridge) = informed(vec![full, talkative(5, IDLE)]).await;
    calls(&bridge, 10, 1).await;
    assert_eq!(fleet.hosts_asked("/embed"), [1; 10]);
}

#[tokio::test(start_paused = true)]
async fn equals_take_turns() {
    let (fleet, bridge) = informed(vec![talkative(5, IDLE), talkative(5, IDLE)]).await;
    calls(&bridge, 6, 1).await;
    assert_eq!(fleet.hosts_asked("/embed"), [0, 1, 0, 1, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_host_near_its_memory_limit_is_avoided_though_it_is_faster() {
    let short = talkative(5, Says { memory: 0.98, speed: 3000.0, ..IDLE });
    let (fleet, bridge) = informed(vec![short, talkative(5, IDLE)]).await;
    calls(&bridge, 5, 1).await;
    assert_eq!(fleet.hosts_asked("/embed"), [1; 5]);
}

#[tokio::test(start_paused = true)]
async fn another_callers_queue_counts_until_it_is_worked_off() {
    let busy = talkative(5, Says { queue: 20_000.0, memory: 0.0, speed: 1000.0 });
    let (fleet, bridge) = informed(vec![busy, talkative(5, IDLE)]).await;
    calls(&bridge, 5, 1).await;
    assert_eq!(fleet.hosts_asked("/embed"), [1; 5]);
    // Its next health check is due in 24 s at the earliest, and by then 20 s of work are done.
    tokio::time::sleep(Duration::from_millis(20_500)).await;
    calls(&bridge, 1, 1).await;
    assert_eq!(fleet.hosts_asked("/embed")[5], 0, "it has less memory in use");
}

/// Of version 0.2: says nothing of itself, and does one request after the other.
fn silent(tokens_per_second: f64) -> Host {
    let device = Device::new(move |_| tokens_per_second);
    Box::new(move |request, _| match request.url.path() {
        "/embed" => Reaction::Work(device.clone(), 4.0, good(request)),
        _ => Reaction::Reply(ms(1), good(request)),
    })
}

#[tokio::test(start_paused = true)]
async fn hosts_of_0_2_share_by_the_speed_that_is_seen() {
    let fleet = Fleet::new(vec![silent(40.0), silent(10.0)]);
    let bridge = fleet.bridge(&json!({ "loadBalancing": "least-busy" }));
    let callers = (0..10).map(|_| {
        let bridge = bridge.clone();
        tokio::spawn(async move { calls(&bridge, 20, 1).await })
    });
    let begun = tokio::time::Instant::now();
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
    let slow = fleet.hosts_asked("/embed").iter().filter(|&&host| host == 1).count();
    assert!((35..=45).contains(&slow), "{slow} of 200 calls went to the host with a fifth of the speed");
    assert!(begun.elapsed() < ms(17_500), "{:?} where 16 s are possible", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn no_call_waits_for_a_load_report() {
    let slow_health: Host = Box::new(|request, _| {
        let millis = if request.url.path() == "/embed" { 5 } else { 3_000 };
        Reaction::Reply(ms(millis), good(request))
    });
    let fleet = Fleet::new(vec![slow_health]);
    let bridge = fleet.bridge(&json!({ "loadBalancing": "least-busy" }));
    let begun = tokio::time::Instant::now();
    calls(&bridge, 10, 1).await;
    assert_eq!(begun.elapsed(), ms(50));
}
