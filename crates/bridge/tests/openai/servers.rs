//! Servers on real sockets that answer as vLLM 0.32.0, text-embeddings-inference 1.9.3 and llama.cpp (of xllamacpp
//! 2026.10.11549) were seen to, and as Ollama is said to.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gpu_bridge_core::{Bridge, Config, ReqwestTransport};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A request that came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    /// `null` without one.
    pub(crate) body: Value,
}

impl Asked {
    pub(crate) fn texts(&self) -> Vec<&str> {
        self.body["input"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
    }
}

/// Answers a request, by what came before.
pub(crate) type Script = Arc<dyn Fn(&Asked, usize) -> Response + Send + Sync>;

/// See the module.
pub(crate) struct Server {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub(crate) async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let log = Arc::clone(&asked);
        let router = Router::new().fallback(move |request: Request| {
            let (script, log) = (Arc::clone(&script), Arc::clone(&log));
            async move {
                let (head, body) = request.into_parts();
                let body: Bytes = body.collect().await.unwrap().to_bytes();
                let body = serde_json::from_slice(&body).unwrap_or_default();
                let asked = Asked { path: head.uri.path().to_owned(), headers: head.headers, body };
                let before = {
                    let mut log = log.lock().unwrap();
                    log.push(asked.clone());
                    log.len() - 1
                };
                script(&asked, before)
            }
        });
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, asked }
    }

    /// What came on a path.
    pub(crate) fn asked(&self, path: &str) -> Vec<Asked> {
        self.asked.lock().unwrap().iter().filter(|asked| asked.path.ends_with(path)).cloned().collect()
    }
}

/// A bridge to hosts like this.
pub(crate) fn bridge(hosts: &Value, model: Option<&str>) -> Bridge {
    let config = json!({ "hosts": hosts, "models": { "embed": model }, "healthCheckIntervalSeconds": 3600 });
    Bridge::new(Config::from_json(config).unwrap(), Arc::new(ReqwestTransport::default()), 1)
}

pub(crate) fn openai(url: &str) -> Value {
    json!({ "url": url, "protocol": "openai" })
}

/// What every server makes of a text.
pub(crate) fn vector(text: &str) -> [f32; 3] {
    [text.len() as f32, f32::from(text.as_bytes()[0]), 0.1]
}

fn row(index: usize, text: &str, encoded: bool) -> Value {
    let numbers = vector(text);
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    let embedding = if encoded { json!(STANDARD.encode(bytes)) } else { json!(numbers) };
    json!({ "object": "embedding", "index": index, "embedding": embedding })
}

/// The answer to a request, its rows last first, for nothing says that they are in order.
pub(crate) fn answer(asked: &Asked, model: &str, encoded: bool) -> Response {
    let texts = asked.texts();
    let rows: Vec<_> =
        texts.iter().enumerate().rev().map(|(index, text)| row(index, text, encoded)).collect();
    let tokens = texts.len() * 3;
    let usage = json!({ "prompt_tokens": tokens, "total_tokens": tokens });
    Json(json!({ "object": "list", "data": rows, "model": model, "usage": usage })).into_response()
}

pub(crate) fn refusal(status: u16, body: Value) -> Response {
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

fn models(names: &[&str]) -> Response {
    let entries: Vec<_> = names.iter().map(|name| json!({ "id": name, "object": "model" })).collect();
    Json(json!({ "object": "list", "data": entries })).into_response()
}

/// vLLM: wants the key everywhere, knows one model by its name, encodes where asked.
pub(crate) fn vllm(key: &'static str) -> Script {
    Arc::new(move |asked, _| {
        if asked.headers.get("authorization").is_none_or(|value| value != &format!("Bearer {key}")) {
            return refusal(401, json!({ "error": "Unauthorized" }));
        }
        let error = |message: String, kind: &str, code: u16| {
            refusal(
                code,
                json!({ "error": { "message": message, "type": kind, "param": null, "code": code } }),
            )
        };
        match (&*asked.path, asked.body["model"].as_str()) {
            ("/v1/models", _) => models(&["BAAI/bge-m3"]),
            ("/v1/embeddings", Some("BAAI/bge-m3")) => {
                if asked.texts().iter().any(|text| text.contains("long")) {
                    let message =
                        "This model's maximum context length is 8192 tokens. However, your prompt contains at least 8193 \
                         input tokens, which exceeds this limit even without any output tokens."
                            .to_owned();
                    return error(message, "BadRequestError", 400);
                }
                answer(asked, "BAAI/bge-m3", asked.body["encoding_format"] == "base64")
            }
            ("/v1/embeddings", model) => {
                error(format!("The model `{}` does not exist.", model.unwrap()), "NotFoundError", 404)
            }
            _ => refusal(404, json!({ "detail": "Not Found" })),
        }
    })
}

/// text-embeddings-inference: lists no models, takes 32 texts, and is of its own model whatever is named.
pub(crate) fn tei() -> Script {
    Arc::new(|asked, _| match &*asked.path {
        "/health" => StatusCode::OK.into_response(),
        "/v1/embeddings" if asked.texts().len() > 32 => {
            let message = format!("batch size {} > maximum allowed batch size 32", asked.texts().len());
            refusal(422, json!({ "message": message, "type": "Validation", "code": 422 }))
        }
        "/v1/embeddings" if asked.texts().contains(&"") => {
            let message = "Input validation error: `inputs` cannot be empty";
            refusal(400, json!({ "message": message, "type": "Empty", "code": 400 }))
        }
        "/v1/embeddings" => answer(asked, "BAAI/bge-m3", asked.body["encoding_format"] == "base64"),
        _ => StatusCode::NOT_FOUND.into_response(),
    })
}

/// Ollama: lists what is on its disk, and sends digits whatever is asked for.
pub(crate) fn ollama() -> Script {
    Arc::new(|asked, _| match (&*asked.path, asked.body["model"].as_str()) {
        ("/v1/models", _) => models(&["nomic-embed-text:latest", "llama3.2:latest"]),
        ("/v1/embeddings", Some(model @ "nomic-embed-text")) => answer(asked, model, false),
        ("/v1/embeddings", model) => {
            let message = format!("model {:?} not found, try pulling it first", model.unwrap_or_default());
            refusal(404, json!({ "error": { "message": message, "type": "not_found_error", "code": null } }))
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    })
}

/// llama.cpp: answers by whatever name it is asked, and fails where a text exceeds its batch.
pub(crate) fn llama_cpp() -> Script {
    Arc::new(|asked, _| match &*asked.path {
        "/v1/models" => models(&["/models/bge-m3-q8_0.gguf"]),
        "/v1/embeddings" if asked.texts().iter().any(|text| text.contains("long")) => {
            let message = "input (2502 tokens) is too large to process. increase the physical batch size \
                           (current batch size: 512)";
            refusal(500, json!({ "error": { "code": 500, "message": message, "type": "server_error" } }))
        }
        "/v1/embeddings" => {
            let model = asked.body["model"].as_str().unwrap_or("gpt-3.5-turbo");
            answer(asked, model, asked.body["encoding_format"] == "base64")
        }
        _ => refusal(
            404,
            json!({ "error": { "code": 404, "message": "File Not Found", "type": "not_found_error" } }),
        ),
    })
}
