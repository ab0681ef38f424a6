//! What such servers refuse, and what they can't be asked at all.

use std::sync::Arc;

use axum::response::IntoResponse;
use gpu_bridge_core::protocol::{BertScoreRequest, Document, EmbedRequest, RerankRequest, Vectors};
use gpu_bridge_core::{Bridge, CallOptions, Error, HostHealth};
use http::StatusCode;
use serde_json::json;

use crate::servers::{Asked, Server, answer, bridge, llama_cpp, ollama, openai, refusal, tei, vllm};

async fn embed(bridge: &Bridge, texts: &[&str]) -> Result<Vectors, Error> {
    let texts = texts.iter().map(|&text| text.to_owned()).collect();
    bridge.embed(EmbedRequest { texts, ..Default::default() }, CallOptions::default()).await
}

#[tokio::test]
async fn a_wrong_key_parks_the_host_and_another_serves() {
    let [locked, open] = [Server::start(vllm("right")).await, Server::start(tei()).await];
    let host = json!({ "url": locked.url, "protocol": "openai", "apiKey": "wrong" });
    let alone = bridge(&json!([host]), Some("BAAI/bge-m3"));
    let error = embed(&alone, &["a"]).await.unwrap_err();
    assert_eq!((error.code(), error.status()), ("unauthorized", Some(401)));
    let both = bridge(&json!([host, openai(&open.url)]), Some("BAAI/bge-m3"));
    for _ in 0..4 {
        embed(&both, &["a"]).await.unwrap();
    }
    assert_eq!(both.hosts()[0].health, HostHealth::Unauthorized);
    assert_eq!(both.health(CallOptions::default()).await.unwrap().hosts[0].answer, None);
}

#[tokio::test]
async fn where_there_is_a_choice_of_models_one_has_to_be_named() {
    let server = Server::start(ollama()).await;
    let error = embed(&bridge(&json!([openai(&server.url)]), None), &["a"]).await.unwrap_err();
    assert_eq!(error.code(), "model_not_found");
    for word in ["nomic-embed-text:latest", "llama3.2:latest", "`models.embed`"] {
        assert!(error.to_string().contains(word), "{error}");
    }
    assert!(server.asked("/v1/embeddings").is_empty());
}

#[tokio::test]
async fn a_missing_model_is_looked_for_on_other_hosts() {
    let [has_not, has] = [Server::start(vllm("")).await, Server::start(ollama()).await];
    let host = json!({ "url": has_not.url, "protocol": "openai", "apiKey": "" });
    let both = bridge(&json!([host, openai(&has.url)]), Some("nomic-embed-text"));
    for _ in 0..3 {
        embed(&both, &["a"]).await.unwrap();
    }
    let error = embed(&bridge(&json!([openai(&has.url)]), Some("other")), &["a"]).await.unwrap_err();
    assert_eq!((error.code(), error.status()), ("model_not_found", Some(404)));
    assert!(error.to_string().contains("try pulling it first"), "{error}");
}

#[tokio::test]
async fn a_text_that_is_too_long_is_the_callers_mistake_and_tried_nowhere_else() {
    let [first, second] = [Server::start(vllm("k")).await, Server::start(vllm("k")).await];
    let host = |url: &str| json!({ "url": url, "protocol": "openai", "apiKey": "k" });
    let bridge = bridge(&json!([host(&first.url), host(&second.url)]), None);
    let error = embed(&bridge, &["a", "long"]).await.unwrap_err();
    assert_eq!(error.code(), "invalid_input");
    assert!(error.to_string().contains("maximum context length is 8192 tokens"), "{error}");
    assert_eq!(first.asked("/embeddings").len() + second.asked("/embeddings").len(), 1);
    assert!(bridge.hosts().iter().all(|host| host.failures == 0));
}

#[tokio::test]
async fn llama_cpps_500_for_a_long_text_is_no_failure_and_makes_no_slice_smaller() {
    let server = Server::start(llama_cpp()).await;
    let bridge = bridge(&json!([openai(&server.url)]), Some("m"));
    let error = embed(&bridge, &["a", "b", "c", "long"]).await.unwrap_err();
    assert_eq!(error.code(), "invalid_input");
    for words in ["(2502 tokens) is too large to process", "current batch size: 512", "`texts[3]`"] {
        assert!(error.to_string().contains(words), "{error}");
    }
    assert_eq!(bridge.hosts()[0].failures, 0);
    let before = server.asked("/v1/embeddings").len();
    embed(&bridge, &["a"; 100]).await.unwrap();
    let asked = &server.asked("/v1/embeddings")[before..];
    assert!(asked.iter().any(|asked| asked.texts().len() > 4), "{} requests", asked.len());
}

#[tokio::test]
async fn the_text_that_is_meant_is_named_by_its_place_in_the_call() {
    let server = Server::start(tei()).await;
    let bridge = bridge(&json!([openai(&server.url)]), None);
    let mut texts = vec!["a"; 100];
    texts[77] = "";
    let error = embed(&bridge, &texts).await.unwrap_err();
    assert_eq!(error.code(), "invalid_input");
    assert!(error.to_string().contains("`inputs` cannot be empty (`texts[77]` is empty)"), "{error}");
}

/// Infinity 0.0.78 has its routes at the root unless it is told otherwise.
#[tokio::test]
async fn a_server_without_the_route_says_what_to_do() {
    let server = Server::start(Arc::new(|_: &Asked, _| refusal(404, json!({ "detail": "Not Found" })))).await;
    let error = embed(&bridge(&json!([openai(&server.url)]), Some("m")), &["a"]).await.unwrap_err();
    assert_eq!(error.code(), "invalid_config");
    for words in ["404: Not Found", "`/v1/embeddings`", "--url-prefix /v1"] {
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_busy_server_is_left_alone_and_another_serves() {
    let busy = Arc::new(|asked: &Asked, _| match &*asked.path {
        "/v1/embeddings" => {
            let body = json!({ "error": "Model is overloaded", "error_type": "Overloaded" });
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "60")], body.to_string()).into_response()
        }
        _ => StatusCode::OK.into_response(),
    });
    let [busy, idle] = [Server::start(busy).await, Server::start(tei()).await];
    let bridge = bridge(&json!([openai(&busy.url), openai(&idle.url)]), Some("BAAI/bge-m3"));
    for _ in 0..4 {
        embed(&bridge, &["a"]).await.unwrap();
    }
    assert_eq!(busy.asked("/v1/embeddings").len(), 1);
    assert_eq!(bridge.hosts()[0].health, HostHealth::Parked);
}

#[tokio::test]
async fn an_answer_that_is_none_goes_to_another_host() {
    let broken = Arc::new(|asked: &Asked, _| match asked.path.ends_with("/embeddings") {
        true => refusal(200, json!({ "object": "list", "data": [], "model": "m" })),
        false => StatusCode::NOT_FOUND.into_response(),
    });
    let good = Arc::new(|asked: &Asked, _| match asked.path.ends_with("/embeddings") {
        true => answer(asked, "m", true),
        false => StatusCode::NOT_FOUND.into_response(),
    });
    let [broken, good] = [Server::start(broken).await, Server::start(good).await];
    let bridge = bridge(&json!([openai(&broken.url), openai(&good.url)]), None);
    for _ in 0..4 {
        embed(&bridge, &["a"]).await.unwrap();
    }
    assert!(bridge.hosts()[0].failures > 0);
}

fn scores() -> BertScoreRequest {
    serde_json::from_value(json!({ "candidates": ["a"], "references": ["b"] })).unwrap()
}

#[tokio::test]
async fn what_gpu_service_alone_can_do_is_never_asked_of_other_engines() {
    let [engine, native] = [Server::start(llama_cpp()).await, Server::start(broken_service()).await];
    let alone = bridge(&json!([openai(&engine.url)]), None);
    let mixed = bridge(&json!([openai(&engine.url), { "url": native.url }]), Some("m"));
    for (bridge, code) in [(&alone, "not_configured"), (&mixed, "all_hosts_failed")] {
        let options = CallOptions::default;
        let texts = || EmbedRequest { texts: vec!["a".to_owned()], ..Default::default() };
        let documents = vec![Document::Bare("a".to_owned())];
        let rerank = RerankRequest { query: "q".to_owned(), documents, ..Default::default() };
        let prompted = EmbedRequest { prompt_name: Some("query".to_owned()), ..texts() };
        let errors = [
            (bridge.bertscore(scores(), options()).await.unwrap_err(), "BERTScore"),
            (bridge.rerank(rerank, options()).await.unwrap_err(), "reranking"),
            (bridge.embed(prompted, options()).await.unwrap_err(), "`prompt_name`"),
            (
                bridge
                    .embed(EmbedRequest { normalize: Some(false), ..texts() }, options())
                    .await
                    .unwrap_err(),
                "`normalize`",
            ),
            (
                bridge.embed(EmbedRequest { truncate_dim: Some(2), ..texts() }, options()).await.unwrap_err(),
                "`truncate_dim`",
            ),
        ];
        for (error, what) in errors {
            assert_eq!(error.code(), code, "{error}");
            assert!(code != "not_configured" || error.to_string().contains(what), "{error}");
        }
    }
    assert!(engine.asked("/embeddings").is_empty() && engine.asked("/bertscore").is_empty());
}

/// gpu-service, where every computation fails.
fn broken_service() -> crate::servers::Script {
    Arc::new(|asked, _| match &*asked.path {
        "/health" => refusal(200, json!({ "status": "ok", "device": "cpu" })),
        _ => refusal(500, json!({ "detail": "No.", "code": "inference_failed" })),
    })
}
