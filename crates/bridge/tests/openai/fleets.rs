//! Fleets in which engines differ: one call, one engine; and each host at its own speed.

use std::sync::Arc;

use gpu_bridge_core::protocol::{EmbedRequest, Vectors};
use gpu_bridge_core::{Bridge, Config, HostRequest};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::service::{Service, numbered, tokens};
use crate::support::{Device, Fleet, Host, Reaction, ms, reply, within};

/// An openai host of so many tokens a second. Its vectors tell the text, and that it isn't gpu-service.
fn engine(speed: f64, model: &'static str) -> Host {
    let device = Device::new(move |_| speed);
    Box::new(move |request, _| match request.url.path() {
        "/v1/embeddings" => compute(&device, model, request),
        "/v1/models" => Reaction::Reply(ms(1), reply(200, &json!({ "data": [{ "id": model }] }))),
        _ => Reaction::Reply(ms(1), reply(404, &json!({ "detail": "Not Found" }))),
    })
}

fn compute(device: &Arc<Device>, model: &str, request: &HostRequest) -> Reaction {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let texts: Vec<_> = body["input"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    let number = |text: &str| text.split_whitespace().next().unwrap().parse::<f32>().unwrap();
    let row = |(index, text): (usize, &&str)| json!({ "index": index, "embedding": [number(text), -1.0] });
    let rows: Vec<_> = texts.iter().enumerate().map(row).collect();
    let work: f64 = texts.iter().map(|text| tokens(text)).sum();
    let answer = json!({ "data": rows, "model": model, "usage": { "prompt_tokens": work as u64 } });
    Reaction::Work(Arc::clone(device), work, reply(200, &answer))
}

/// A bridge to hosts that speak so.
fn bridge(fleet: &Arc<Fleet>, protocols: &[&str], strategy: &str) -> Bridge {
    let host = |(index, protocol)| json!({ "url": format!("http://h{index}"), "protocol": protocol });
    let hosts: Vec<_> = protocols.iter().enumerate().map(host).collect();
    fleet.bridge(&json!({ "hosts": hosts, "models": { "embed": "m" }, "loadBalancing": strategy }))
}

async fn embed(bridge: &Bridge, count: usize) -> Vectors {
    let request = EmbedRequest { texts: numbered(count, 200), ..Default::default() };
    let vectors = bridge.embed(request, within(3_600_000)).await.unwrap();
    let numbers = vectors.data.chunks(2).map(|vector| vector[0] as usize);
    assert!(numbers.eq(0..count), "the vectors are out of order");
    vectors
}

fn asked(fleet: &Fleet, host: usize) -> usize {
    let is_compute = |path: &str| path == "/embed" || path == "/v1/embeddings";
    fleet.seen().iter().filter(|seen| seen.host == host && is_compute(&seen.path)).count()
}

#[tokio::test(start_paused = true)]
async fn a_call_is_never_of_two_engines() {
    // Without a fingerprint, as in 0.2, both are known by a model's name, and it is the same.
    for (speeds, fingerprint) in [([8e3, 2e3], Some("f1")), ([1e3, 4e3], Some("f1")), ([4e3, 4e3], None)] {
        let service = Service { fingerprint, ..Service::new(speeds[0]) };
        let fleet = Fleet::new(vec![service.host(), engine(speeds[1], "m"), engine(speeds[1], "m")]);
        let bridge = bridge(&fleet, &["gpu-bridge", "openai", "openai"], "least-busy");
        for _ in 0..3 {
            let vectors = embed(&bridge, 2_000).await;
            let native = vectors.data.chunks(2).filter(|vector| vector[1] > 0.0).count();
            assert!([0, 2_000].contains(&native), "{native} of 2000 vectors are gpu-service's");
        }
        assert!(bridge.hosts().iter().all(|host| host.failures == 0));
    }
}

#[tokio::test(start_paused = true)]
async fn models_of_other_names_are_not_mixed_either() {
    let fleet = Fleet::new(vec![engine(4e3, "m"), engine(4e3, "n")]);
    let bridge = bridge(&fleet, &["openai", "openai"], "least-busy");
    let vectors = embed(&bridge, 2_000).await;
    assert!(["m", "n"].contains(&&*vectors.model));
    assert_eq!(
        vectors.usage.tokens,
        numbered(2_000, 200).iter().map(|text| tokens(text)).sum::<f64>() as u64
    );
}

#[tokio::test(start_paused = true)]
async fn a_large_call_gets_the_sum_of_two_engines_speeds() {
    let fleet = Fleet::new(vec![engine(2e3, "m"), engine(8e3, "m")]);
    let bridge = bridge(&fleet, &["openai", "openai"], "round-robin");
    let begun = Instant::now();
    embed(&bridge, 8_000).await;
    let work: f64 = numbered(8_000, 200).iter().map(|text| tokens(text)).sum();
    let achieved = work / 10e3 / begun.elapsed().as_secs_f64();
    assert!(achieved >= 0.97, "{achieved}");
}

#[tokio::test(start_paused = true)]
async fn least_busy_gives_small_calls_to_hosts_by_their_speeds() {
    let fleet = Fleet::new(vec![Service::new(1e3).host(), engine(1e3, "m"), engine(4e3, "m")]);
    let bridge = bridge(&fleet, &["gpu-bridge", "openai", "openai"], "least-busy");
    let callers = (0..6).map(|_| async {
        for _ in 0..50 {
            embed(&bridge, 2).await;
        }
    });
    futures_util::future::join_all(callers).await;
    let [native, slow, fast] = [0, 1, 2].map(|host| asked(&fleet, host));
    assert_eq!(native + slow + fast, 300);
    assert!(native > 20 && slow > 20, "{native} {slow} {fast}");
    assert!((150..=240).contains(&fast), "{native} {slow} {fast}");
}

#[tokio::test(start_paused = true)]
async fn no_request_has_more_texts_than_openai_takes() {
    let fleet = Fleet::new(vec![engine(1e9, "m")]);
    let bridge = bridge(&fleet, &["openai"], "round-robin");
    let request = EmbedRequest { texts: numbered(5_000, 4), ..Default::default() };
    assert_eq!(bridge.embed(request, within(60_000)).await.unwrap().len(), 5_000);
    let seen = fleet.seen().into_iter().filter(|seen| seen.path == "/v1/embeddings");
    let bodies = seen.map(|seen| serde_json::from_slice::<Value>(&seen.body).unwrap());
    let counts: Vec<_> = bodies.map(|body| body["input"].as_array().unwrap().len()).collect();
    assert_eq!((counts.iter().sum::<usize>(), counts.iter().max()), (5_000, Some(&2_048)));
}

#[test]
fn engines_of_both_kinds_need_a_model_in_common() {
    let hosts = json!([{ "url": "http://a" }, { "url": "http://b", "protocol": "openai" }]);
    let error = Config::from_json(json!({ "hosts": hosts })).unwrap_err().to_string();
    assert!(error.contains("`models.embed`") && error.contains("both protocols"), "{error}");
    Config::from_json(json!({ "hosts": hosts, "models": { "embed": "m" } })).unwrap();
}
