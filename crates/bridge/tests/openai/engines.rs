//! Each engine serves embeddings, in its own way.

use std::sync::Arc;

use gpu_bridge_core::protocol::{EmbedRequest, Vectors};
use gpu_bridge_core::{Bridge, CallOptions, Error, HostHealth};
use serde_json::json;

use crate::servers::{Server, answer, bridge, llama_cpp, ollama, openai, refusal, tei, vector, vllm};

fn texts(count: usize) -> EmbedRequest {
    let texts =
        (0..count).map(|index| format!("{}{}", char::from(b'a' + (index % 26) as u8), "x".repeat(index)));
    EmbedRequest { texts: texts.collect(), ..Default::default() }
}

async fn embed(bridge: &Bridge, count: usize) -> Result<Vectors, Error> {
    bridge.embed(texts(count), CallOptions::default()).await
}

fn check(vectors: &Vectors, count: usize, model: &str) {
    let expected: Vec<f32> = texts(count).texts.iter().flat_map(|text| vector(text)).collect();
    assert_eq!(vectors.data, expected);
    assert_eq!((vectors.dimensions, vectors.usage.tokens as usize), (3, count * 3));
    assert_eq!((&*vectors.model, vectors.truncated.len()), (model, 0));
}

#[tokio::test]
async fn vllm_gets_the_key_as_it_wants_it_and_the_name_of_its_only_model() {
    let server = Server::start(vllm("s3cret")).await;
    let host = json!({ "url": server.url, "protocol": "openai", "apiKey": "s3cret" });
    let bridge = bridge(&json!([host]), None);
    for _ in 0..2 {
        check(&embed(&bridge, 5).await.unwrap(), 5, "BAAI/bge-m3");
    }
    let asked = server.asked("/v1/embeddings");
    assert!(asked.iter().all(|asked| asked.body["encoding_format"] == "base64"));
    assert!(asked.iter().all(|asked| !asked.headers.contains_key("x-api-key")));
    assert!(asked.iter().all(|asked| asked.headers.contains_key("x-request-id")));
    assert_eq!(asked[0].body.get("dimensions"), None);
    assert_eq!(server.asked("/v1/models").len(), 1);
}

#[tokio::test]
async fn text_embeddings_inference_gets_as_many_texts_as_it_takes() {
    let server = Server::start(tei()).await;
    let bridge = bridge(&json!([openai(&server.url)]), None);
    check(&embed(&bridge, 100).await.unwrap(), 100, "BAAI/bge-m3");
    let first = server.asked("/v1/embeddings").len();
    check(&embed(&bridge, 100).await.unwrap(), 100, "BAAI/bge-m3");
    let second = server.asked("/v1/embeddings").len() - first;
    assert!(second <= 4 && second < first, "what it takes is remembered: {first} requests, then {second}");
}

#[tokio::test]
async fn ollamas_digits_are_read_though_bytes_were_asked_for() {
    let server = Server::start(ollama()).await;
    let bridge = bridge(&json!([openai(&server.url)]), Some("nomic-embed-text"));
    check(&embed(&bridge, 40).await.unwrap(), 40, "nomic-embed-text");
}

#[tokio::test]
async fn llama_cpp_answers_by_the_name_it_is_asked() {
    let server = Server::start(llama_cpp()).await;
    let bridge = bridge(&json!([openai(&server.url)]), Some("bge-m3"));
    check(&embed(&bridge, 40).await.unwrap(), 40, "bge-m3");
}

#[tokio::test]
async fn the_address_may_end_in_v1_or_not_and_have_a_path() {
    let server = Server::start(llama_cpp()).await;
    for end in ["", "/", "/v1", "/v1/"] {
        embed(&bridge(&json!([openai(&format!("{}{end}", server.url))]), Some("m")), 1).await.unwrap();
    }
    let script = Arc::new(|asked: &crate::servers::Asked, _| match &*asked.path {
        "/llm/v1/embeddings" => answer(asked, "m", true),
        _ => refusal(404, json!({ "detail": "Not Found" })),
    });
    let server = Server::start(script).await;
    for end in ["/llm", "/llm/v1"] {
        let vectors =
            embed(&bridge(&json!([openai(&format!("{}{end}", server.url))]), None), 1).await.unwrap();
        assert_eq!(vectors.model, "m");
    }
    assert!(server.asked("/v1/embeddings").iter().all(|asked| asked.body.get("model").is_none()));
}

#[tokio::test]
async fn a_width_is_passed_on_and_held_to_though_the_server_passes_it_over() {
    let server = Server::start(llama_cpp()).await;
    let bridge = bridge(&json!([openai(&server.url)]), Some("m"));
    let wide = |dimensions| EmbedRequest { dimensions: Some(dimensions), ..texts(1) };
    bridge.embed(wide(3), CallOptions::default()).await.unwrap();
    assert_eq!(server.asked("/v1/embeddings")[0].body["dimensions"], 3);
    let narrow = bridge.embed(wide(2), CallOptions::default()).await.unwrap();
    let [first, second, _] = vector(&texts(1).texts[0]);
    let length = first.hypot(second);
    assert_eq!((narrow.dimensions, narrow.data), (2, vec![first / length, second / length]));
    let error = bridge.embed(wide(4), CallOptions::default()).await.unwrap_err();
    assert_eq!(error.code(), "invalid_input");
    assert!(error.to_string().contains("have 3 numbers, fewer than the 4"), "{error}");
    assert_eq!(bridge.hosts()[0].failures, 0);
}

#[tokio::test]
async fn a_server_that_refuses_to_encode_is_asked_for_digits_from_then_on() {
    let script = Arc::new(|asked: &crate::servers::Asked, _| match asked.body["encoding_format"].as_str() {
        Some("float") => answer(asked, "m", false),
        _ => refusal(400, json!({ "error": { "message": "encoding_format base64 is not supported" } })),
    });
    let server = Server::start(script).await;
    let bridge = bridge(&json!([openai(&server.url)]), Some("m"));
    for _ in 0..2 {
        check(&embed(&bridge, 2).await.unwrap(), 2, "m");
    }
    let formats = server.asked("/v1/embeddings");
    let formats: Vec<_> =
        formats.iter().map(|asked| asked.body["encoding_format"].as_str().unwrap()).collect();
    assert_eq!(formats, ["base64", "float", "float"]);
}

#[tokio::test]
async fn such_hosts_tell_what_they_can_of_themselves() {
    let server = Server::start(ollama()).await;
    let bridge = bridge(&json!([openai(&server.url)]), Some("nomic-embed-text"));
    let health = bridge.health(CallOptions::default()).await.unwrap();
    let health = serde_json::to_value(&health).unwrap();
    assert_eq!((&health["status"], &health["hosts"][0]["device"]), (&json!("ok"), &json!("unknown")));
    let info = serde_json::to_value(bridge.info(CallOptions::default()).await.unwrap()).unwrap();
    let models = json!(["embed:nomic-embed-text:latest", "embed:llama3.2:latest"]);
    assert_eq!((&info["loaded_models"], &info["pytorch_version"]), (&models, &json!("unknown")));
    let status = serde_json::to_value(bridge.status(CallOptions::default()).await.unwrap()).unwrap();
    assert_eq!((&status["queue"]["in_flight"], &status["active_jobs"]), (&json!(0), &json!([])));
    let hosts = serde_json::to_value(bridge.hosts()).unwrap();
    assert_eq!((&hosts[0]["protocol"], &hosts[0]["health"]), (&json!("openai"), &json!("healthy")));
}

#[tokio::test]
async fn a_server_that_only_embeds_is_well_and_one_that_is_gone_is_not() {
    let script = Arc::new(|_: &crate::servers::Asked, _| refusal(404, json!({ "detail": "Not Found" })));
    let server = Server::start(script).await;
    let hosts = json!([openai(&server.url), openai("http://127.0.0.1:1")]);
    let bridge = bridge(&hosts, None);
    bridge.health(CallOptions::default()).await.unwrap();
    let health: Vec<_> = bridge.hosts().iter().map(|host| host.health).collect();
    assert_eq!(health, [HostHealth::Healthy, HostHealth::Unhealthy]);
}
