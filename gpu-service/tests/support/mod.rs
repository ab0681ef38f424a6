//! A service of our own for a test: in this process, on a free port, with the real MiniLM.

// Each test binary compiles this file and uses its own part of it.
#![allow(dead_code, unreachable_pub)]

use std::env;
use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use gpu_service::config::Config;
use gpu_service::serve::Server;
use gpu_service::service::Shared;
use reqwest::{Client, Method, Response};
use serde_json::Value;

/// The model that the set-up fetches.
pub const MINILM: &str = "all-MiniLM-L6-v2";

/// Longest time a test waits for something to come about.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Folder with the test models.
pub fn models() -> PathBuf {
    let cache = || match env::var_os("OPENCLAW_GPU_BRIDGE_CACHE") {
        Some(cache) => PathBuf::from(cache).join("models"),
        None => env::home_dir().unwrap_or_default().join(".cache/openclaw-gpu-bridge/models"),
    };
    let folder = env::var_os("GPU_BRIDGE_TEST_MODELS").map_or_else(cache, PathBuf::from);
    let config = folder.join(MINILM).join("config.json");
    assert!(config.is_file(), "{} is missing; run `npm run setup`", config.display());
    folder
}

/// A folder that serves a model of [`models`] under another name.
pub fn renamed(model: &str, name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join(name);
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(models().join(model), place).unwrap();
    folder
}

/// A running service.
pub struct Running {
    pub service: Shared,
    pub url: String,
    pub server: Option<Server>,
    client: Client,
}

impl Running {
    /// Starts one with MiniLM for both routes and waits until it is ready.
    pub async fn start(arguments: &[&str]) -> Self {
        let models = models();
        let models = models.to_str().unwrap();
        let base = [
            "gpu-service",
            "--port",
            "0",
            "--model-path",
            models,
            "--model-bertscore",
            MINILM,
            "--device",
            "cpu",
            "--offline",
        ];
        Self::of(&[&base, arguments].concat()).await
    }

    /// Starts one with nothing but these arguments and waits until it is ready.
    pub async fn of(arguments: &[&str]) -> Self {
        let config = Config::try_parse_from(arguments).unwrap();
        let server = Server::start(config).await.unwrap();
        server.service.warm_up().await;
        let url = format!("http://{}", server.address);
        Self { service: server.service.clone(), url, server: Some(server), client: client() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], "").await
    }

    pub async fn post(&self, path: &str, body: &str) -> Answer {
        self.send(Method::POST, path, &[], body).await
    }

    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        Answer::of(self.request(method, path, headers, body).send().await.unwrap()).await
    }

    pub fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url)).body(body.to_owned());
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
    }
}

/// An HTTP client without a proxy.
pub fn client() -> Client {
    // reqwest wants a TLS provider, if only to never use it; a second test in this process finds it installed.
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::builder().no_proxy().build().unwrap()
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub async fn of(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.bytes().await.unwrap().to_vec() }
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {self:?}")).to_str().unwrap()
    }

    /// Status and code of a refusal.
    pub fn refusal(&self) -> (u16, String) {
        (self.status, self.json()["code"].as_str().unwrap_or_default().to_owned())
    }
}

/// Asks again and again until there is something to return.
pub async fn until<T, F: Future<Output = Option<T>>>(mut ask: impl FnMut() -> F) -> T {
    let asking = async {
        loop {
            if let Some(found) = ask().await {
                return found;
            }
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.expect("it didn't come about")
}

/// A request body with so many texts of about `words` tokens, no two alike.
pub fn bulk(texts: usize, words: usize) -> String {
    let texts: Vec<String> = (0..texts).map(|index| format!("{index} {}", "word ".repeat(words))).collect();
    serde_json::json!({ "texts": texts }).to_string()
}
