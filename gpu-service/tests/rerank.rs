//! `/rerank`: scores as the reference's, the order, the options, and what is refused.

// Helpers of a test fail it like the test itself.
#![allow(clippy::unwrap_used)]

#[path = "support/cross_encoder.rs"]
mod cross_encoder;
#[path = "support/hub.rs"]
mod hub;
mod support;

use cross_encoder::CrossEncoder;
use gpu_bridge_protocol::RerankResponse;
use hub::TestHub;
use serde_json::{Value, json};
use support::{Answer, Running, until};
use tempfile::TempDir;

const MODEL: &str = "tiny/reranker";

/// Services with the small models of one label and of three.
async fn start(arguments: &[&str]) -> (Running, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    CrossEncoder::read("bert").write(folder.path(), MODEL);
    CrossEncoder::read("bert-three-labels").write(folder.path(), "tiny/classifier");
    let path = ["--model-path", folder.path().to_str().unwrap()];
    (Running::start(&[&path, arguments].concat()).await, folder)
}

async fn rerank(running: &Running, body: &Value) -> Answer {
    running.post("/rerank", &body.to_string()).await
}

fn read(answer: &Answer) -> RerankResponse {
    assert_eq!(answer.status, 200, "{answer:?}");
    serde_json::from_slice(&answer.body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn scores_equal_the_references_and_come_best_first() {
    let golden = CrossEncoder::read("bert");
    let (running, _folder) = start(&[]).await;
    let query = &golden.pairs[0].0;
    let mine: Vec<usize> = (0..golden.pairs.len()).filter(|&pair| golden.pairs[pair].0 == *query).collect();
    let documents: Vec<&str> = mine.iter().map(|&pair| golden.pairs[pair].1.as_str()).collect();
    assert!(documents.len() >= 3, "the goldens have some documents for one query");
    for (raw, expected) in [(false, &golden.scores), (true, &golden.logits)] {
        let body = json!({"query": query, "documents": documents, "model": MODEL, "raw_scores": raw});
        let answer = rerank(&running, &body).await;
        let response = read(&answer);
        assert_eq!((response.results.len(), response.model.as_str()), (documents.len(), MODEL));
        for result in &response.results {
            let expected = expected[mine[result.index]].as_f64().unwrap();
            let apart = (f64::from(result.relevance_score) - expected).abs();
            assert!(apart <= 1e-5, "{result:?} is not {expected}");
        }
        assert!(response.results.is_sorted_by(|a, b| a.relevance_score >= b.relevance_score));
        assert!(response.results.iter().all(|result| result.document.is_none()));
        let long: Vec<usize> = (0..mine.len()).filter(|&at| golden.ids[mine[at]].len() == 40).collect();
        assert_eq!(response.truncated, long);
        let tokens: usize = mine.iter().map(|&pair| golden.ids[pair].len()).sum();
        assert_eq!(response.usage.tokens, tokens as u64);
        assert!(!answer.header("x-model-fingerprint").is_empty());
        for header in ["server-timing", "endpoint-load-metrics", "x-request-id"] {
            assert!(!answer.header(header).is_empty());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_best_few_come_with_their_texts_where_asked_and_equals_in_their_order() {
    let (running, _folder) = start(&["--model-rerank", MODEL]).await;
    let all = json!({"query": "a cat", "texts": ["the dog", {"text": "a cat sat"}, "the dog", "no"]});
    let response = read(&rerank(&running, &all).await);
    assert_eq!(response.model, MODEL, "the default");
    let place = |index: usize| response.results.iter().position(|result| result.index == index).unwrap();
    assert_eq!(place(0) + 1, place(2), "the same text twice");
    let mut few = all.clone();
    (few["top_n"], few["return_documents"]) = (json!(2), json!(true));
    let few = read(&rerank(&running, &few).await);
    assert_eq!(few.results.len(), 2);
    let texts = ["the dog", "a cat sat", "the dog", "no"];
    for (few, all) in few.results.iter().zip(&response.results) {
        assert_eq!((few.index, few.relevance_score), (all.index, all.relevance_score));
        assert_eq!(few.document.as_ref().unwrap().text, texts[few.index]);
    }
    let body = json!({"model": MODEL, "task": "rerank"}).to_string();
    let loaded = running.post("/models/load", &body).await;
    assert_eq!((loaded.status, &loaded.json()["task"]), (200, &json!("rerank")), "it is in memory already");
    let info = running.get("/info").await.json();
    assert!(info["loaded_models"].as_array().unwrap().contains(&json!(format!("rerank:{MODEL}"))), "{info}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_ranked_is_refused_in_a_sentence() {
    let (running, _folder) = start(&["--max-batch-size", "3"]).await;
    let long = "x".repeat(10_001);
    let minilm = support::MINILM;
    for (body, status, code, field, words) in [
        (json!({"query": "q", "documents": ["a"]}), 422, "invalid_field", "model", "no default for /rerank"),
        (json!({"query": "q", "documents": []}), 400, "empty_batch", "documents", "empty"),
        (
            json!({"query": "q", "documents": ["a", "b", "c", "d"]}),
            413,
            "batch_too_large",
            "documents",
            "limit is 3",
        ),
        (json!({"query": "q", "documents": ["a", long]}), 413, "text_too_long", "documents[1]", "10001"),
        (json!({"query": long, "documents": ["a"]}), 413, "text_too_long", "query", "10001"),
        (json!({"documents": ["a"]}), 422, "invalid_field", "query", "missing"),
        (json!({"query": "q"}), 422, "invalid_field", "documents", "missing"),
        (
            json!({"query": "q", "documents": ["a", 3]}),
            422,
            "invalid_field",
            "documents[1]",
            "a text, or an object",
        ),
        (
            json!({"query": "q", "documents": ["a"], "top_n": 0}),
            422,
            "invalid_field",
            "top_n",
            "`top_n` is 0",
        ),
        (json!({"query": "q", "documents": ["a"], "model": "../x"}), 422, "invalid_field", "model", "../x"),
        (
            json!({"query": "q", "documents": ["a"], "model": "tiny/classifier"}),
            422,
            "invalid_field",
            "model",
            "3 labels",
        ),
    ] {
        let answer = rerank(&running, &body).await;
        let error = answer.json();
        assert_eq!(answer.refusal(), (status, code.to_owned()), "{error}");
        assert_eq!(error["field"], field, "{error}");
        assert!(error["detail"].as_str().unwrap().contains(words), "{error}");
    }
    let embedder = rerank(&running, &json!({"query": "q", "documents": ["a"], "model": minilm})).await;
    assert_eq!(embedder.refusal(), (404, "model_not_found".to_owned()));
    assert!(embedder.json()["detail"].as_str().unwrap().contains("`BertModel`"), "{embedder:?}");
    let wrong = running.get("/rerank").await;
    assert_eq!(wrong.refusal(), (405, "method_not_allowed".to_owned()));
    assert_eq!(running.get("/health").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_request_is_listed_as_what_it_is_and_moves_on() {
    let (running, _folder) = start(&["--max-batch-tokens", "64"]).await;
    let documents: Vec<String> = (0..4000).map(|index| format!("document {index} of many")).collect();
    let body = json!({"query": "which one", "documents": documents, "model": MODEL}).to_string();
    let request = running.request(reqwest::Method::POST, "/rerank", &[], &body);
    let caller = tokio::spawn(request.send());
    let job = until(async || {
        let job = running.get("/status").await.json()["active_jobs"].get(0)?.clone();
        (job["progress"].as_f64()? > 0.0).then_some(job)
    })
    .await;
    assert_eq!((&job["type"], &job["items"], &job["model"]), (&json!("rerank"), &json!(4000), &json!(MODEL)));
    let answer = Answer::of(caller.await.unwrap().unwrap()).await;
    assert_eq!(read(&answer).results.len(), 4000);
}

/// A service that has MiniLM and the hub, and keeps what it fetches in `home`.
async fn with_hub(hub: &TestHub, home: &TempDir, arguments: &[&str]) -> Running {
    let (home, models) = (home.path().to_str().unwrap(), support::models());
    let mut all = vec!["gpu-service", "--port", "0", "--device", "cpu", "--hf-endpoint", &hub.url];
    all.extend(["--cache", home, "--hf-home", home, "--model-path", models.to_str().unwrap()]);
    all.extend(["--model-bertscore", support::MINILM]);
    Running::of(&[&all, arguments].concat()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bare_name_means_the_organisation_of_the_cross_encoders() {
    let (hub, home) = (TestHub::start().await, tempfile::tempdir().unwrap());
    hub.add("cross-encoder/small", CrossEncoder::read("bert").files());
    let body = |model: &str| json!({"query": "q", "documents": ["a"], "model": model});
    let running = with_hub(&hub, &home, &["--model-rerank", "small"]).await;
    for name in ["small", "cross-encoder/small"] {
        assert_eq!(read(&rerank(&running, &body(name)).await).model, name);
    }
    assert!(running.service.registry.labels().contains(&"rerank:small".to_owned()));
    assert_eq!(running.service.registry.loads(), 3, "both names are one model, beside MiniLM's two");
    let later = with_hub(&hub, &home, &["--offline"]).await;
    assert_eq!(read(&rerank(&later, &body("small")).await).model, "small", "it is found in the cache");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_nowhere_is_named_as_it_was_looked_for() {
    let (hub, home) = (TestHub::start().await, tempfile::tempdir().unwrap());
    let body = json!({"query": "q", "documents": ["a"], "model": "none"});
    let running = with_hub(&hub, &home, &["--allowed-models", "none"]).await;
    let answer = rerank(&running, &body).await;
    let detail = answer.json()["detail"].to_string();
    assert_eq!(answer.status, 404, "{detail}");
    assert!(detail.contains("The hub knows no model cross-encoder/none or none ("), "{detail}");
    let offline = with_hub(&hub, &home, &["--offline"]).await;
    let detail = rerank(&offline, &body).await.json()["detail"].to_string();
    assert!(detail.contains("looked for none or cross-encoder/none in "), "{detail}");
}
