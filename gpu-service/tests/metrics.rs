//! `/metrics`: a text that a scraper takes, with counts that match what was asked.

// Helpers of a test fail it like the test itself.
#![allow(clippy::unwrap_used)]

mod support;

use gpu_bridge_metrics::{CONTENT_TYPE, Read};
use reqwest::Method;
use serde_json::json;
use support::{MINILM, Running};

const KEY: &[(&str, &str)] = &[("x-api-key", "key")];

#[tokio::test(flavor = "multi_thread")]
async fn counts_are_what_was_asked() {
    let running = Running::start(&["--api-key", "key"]).await;
    assert_eq!(running.get("/metrics").await.status, 401, "it wants the key like its siblings");
    let body = json!({ "texts": ["A cat.", "A dog sleeps."] }).to_string();
    let mut tokens = 0;
    for _ in 0..3 {
        let answer = running.send(Method::POST, "/embed", KEY, &body).await;
        tokens += answer.json()["usage"]["tokens"].as_u64().unwrap();
    }
    assert_eq!(running.send(Method::POST, "/embed", KEY, "{\"texts\":[]}").await.status, 400);
    assert_eq!(running.send(Method::GET, "/nonsense", KEY, "").await.status, 404);

    let answer = running.send(Method::GET, "/metrics", KEY, "").await;
    assert_eq!(answer.header("content-type"), CONTENT_TYPE);
    let read = Read::parse(std::str::from_utf8(&answer.body).unwrap()).unwrap();
    let model = format!("gpu_service_model_memory_bytes{{model=\"{MINILM}\",task=\"embed\"}}");
    let expected = [
        ("gpu_service_requests_total{route=\"/embed\",status=\"200\"}", 3.0),
        ("gpu_service_requests_total{route=\"/embed\",status=\"400\"}", 1.0),
        ("gpu_service_requests_total{route=\"/metrics\",status=\"401\"}", 1.0),
        ("gpu_service_requests_total{route=\"other\",status=\"404\"}", 1.0),
        ("gpu_service_refusals_total{code=\"empty_batch\",route=\"/embed\"}", 1.0),
        ("gpu_service_refusals_total{code=\"unauthorized\",route=\"/metrics\"}", 1.0),
        ("gpu_service_request_duration_seconds_count{route=\"/embed\"}", 4.0),
        ("gpu_service_phase_duration_seconds_count{phase=\"inference\"}", 3.0),
        ("gpu_service_tokens_total", tokens as f64),
        ("gpu_service_batch_tokens_sum", tokens as f64),
        ("gpu_service_batch_items_sum", 6.0),
        ("gpu_service_queue_tokens", 0.0),
        ("gpu_service_ready", 1.0),
        ("gpu_service_model_loads_total", running.service.registry.loads() as f64),
    ];
    for (series, value) in expected {
        assert_eq!(read.get(series), Some(value), "{series}");
    }
    assert!(read.get(&model).unwrap() > 1e6);
    assert!(read.get("gpu_service_models_memory_bytes").unwrap() >= read.get(&model).unwrap());
    assert_eq!(read.beginning("gpu_service_build_info{").len(), 1);
}
