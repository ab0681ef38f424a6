//! Hosts that say absurd things of their own speed: what was measured counts, and a lie costs no throughput.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use gpu_bridge_core::Bridge;
use gpu_bridge_core::protocol::EmbedRequest;
use http::HeaderValue;
use serde_json::json;
use support::service::{Service, numbered, tokens};
use support::*;
use tokio::time::Instant;

const SPEEDS: [f64; 3] = [2e3, 8e3, 14e3];

/// What a host says of its tokens a second, at a time since the fleet began.
type Claim = fn(Duration) -> String;

const CLAIMS: [Claim; 6] = [
    |_| "1e12".to_owned(),
    |_| "0".to_owned(),
    |_| "-5".to_owned(),
    |_| "NaN".to_owned(),
    |_| "1e-9".to_owned(),
    |at| if at.as_secs().is_multiple_of(2) { "1e12" } else { "1e-9" }.to_owned(),
];

/// The same host, which says that of itself with every answer.
fn claiming(host: Host, claim: Claim) -> Host {
    Box::new(move |request, at| {
        let load = format!(
            r#"JSON {{"application_utilization":0.5,"mem_utilization":0.5,"named_metrics":{{"queue_tokens":0,"in_flight":0,"tokens_per_second":{}}}}}"#,
            claim(at)
        );
        let mut reaction = host(request, at);
        if let Reaction::Reply(_, reply) | Reaction::Work(_, _, reply) = &mut reaction {
            reply.headers.insert("endpoint-load-metrics", HeaderValue::try_from(load).unwrap());
        }
        reaction
    })
}

/// Three honest hosts, of which this one takes to lying.
fn fleet(liar: usize, claim: Claim) -> Arc<Fleet> {
    let honest: [Claim; 3] = [|_| "2000".to_owned(), |_| "8000".to_owned(), |_| "14000".to_owned()];
    let host = |index: usize| {
        claiming(Service::new(SPEEDS[index]).host(), if index == liar { claim } else { honest[index] })
    };
    Fleet::new((0..3).map(host).collect())
}

/// The part of the fleet's speed that a call of so many texts gets.
async fn achieved(bridge: &Bridge, count: usize) -> f64 {
    let (texts, begun) = (numbered(count, 200), Instant::now());
    let work: f64 = texts.iter().map(|text| tokens(text)).sum();
    bridge.embed(EmbedRequest { texts, ..Default::default() }, within(3_600_000)).await.unwrap();
    work / SPEEDS.iter().sum::<f64>() / begun.elapsed().as_secs_f64()
}

#[tokio::test(start_paused = true)]
async fn a_liar_costs_a_large_call_no_throughput_once_it_is_known() {
    for (liar, claim) in (0..3).flat_map(|liar| (0..CLAIMS.len()).map(move |claim| (liar, claim))) {
        let bridge = fleet(liar, CLAIMS[claim]).bridge(&json!({}));
        bridge.start();
        tokio::time::sleep(ms(2_000)).await;
        let learning = achieved(&bridge, 1_000).await;
        let known = achieved(&bridge, 6_000).await;
        assert!(known >= 0.97, "host {liar}, claim {claim}: {known}, and {learning} before");
    }
}

/// Taken at its word it would be done with any call at once, so that nobody else got a part of it.
#[tokio::test(start_paused = true)]
async fn a_first_call_is_spread_though_one_host_says_that_it_needs_no_help() {
    let liar = claiming(Service::new(2e3).host(), |_| "1e12".to_owned());
    let silent = [8e3, 14e3].map(|speed| Service::new(speed).host());
    let bridge = Fleet::new([liar].into_iter().chain(silent).collect()).bridge(&json!({}));
    bridge.start();
    tokio::time::sleep(ms(2_000)).await;
    let first = achieved(&bridge, 6_000).await;
    assert!(first >= 0.97, "{first}");
}

#[tokio::test(start_paused = true)]
async fn a_liar_gets_its_share_of_small_calls_by_what_was_measured() {
    for (liar, claim) in (0..3).flat_map(|liar| (0..CLAIMS.len()).map(move |claim| (liar, claim))) {
        let fleet = fleet(liar, CLAIMS[claim]);
        let bridge = fleet.bridge(&json!({ "loadBalancing": "least-busy" }));
        achieved(&bridge, 1_000).await;
        let before = fleet.seen().len();
        let calls = (0..240).map(|number| {
            let bridge = bridge.clone();
            tokio::spawn(async move {
                tokio::time::sleep(ms(number * 40)).await;
                bridge
                    .embed(EmbedRequest { texts: numbered(1, 1_800), ..Default::default() }, within(60_000))
                    .await
            })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap().unwrap();
        }
        let seen = fleet.seen();
        let embeds = seen[before..].iter().filter(|seen| seen.path == "/embed" && seen.host == liar).count();
        let fair = 240.0 * SPEEDS[liar] / SPEEDS.iter().sum::<f64>();
        assert!(
            (embeds as f64) < fair * 1.5 + 10.0,
            "host {liar}, claim {claim}: {embeds} of 240, fair {fair}"
        );
        assert!(
            (embeds as f64) > fair * 0.4 - 10.0,
            "host {liar}, claim {claim}: {embeds} of 240, fair {fair}"
        );
    }
}
