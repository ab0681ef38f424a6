//! Whatever a call no longer waits for is let go: its connection closes, so that the host frees the work.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use gpu_bridge_core::protocol::EmbedRequest;
use gpu_bridge_core::{Bridge, CallOptions, Config, ReqwestTransport};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Work that a host has begun; says when it is freed.
struct Work(UnboundedSender<()>);

impl Drop for Work {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

async fn serve(embed: axum::routing::MethodRouter) -> String {
    let health = get(async || Json(json!({ "status": "ok", "device": "cpu" })));
    let router = Router::new().route("/health", health).route("/embed", embed);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

fn vectors(request: &EmbedRequest) -> Json<Value> {
    let vectors = vec![[1.0, 2.0]; request.texts.len()];
    Json(json!({ "embeddings": vectors, "model": "m", "dimensions": 2 }))
}

/// A host that works for ever once it is told to, and then says that it has begun; and what is heard when its work is
/// freed.
async fn hangs_when(told: Arc<AtomicBool>, begun: Arc<Semaphore>) -> (String, UnboundedReceiver<()>) {
    let (freed, hears) = unbounded_channel();
    let embed = post(async move |Json(request): Json<EmbedRequest>| {
        if told.load(Ordering::SeqCst) {
            let _work = Work(freed.clone());
            begun.add_permits(1);
            std::future::pending::<()>().await;
        }
        vectors(&request)
    });
    (serve(embed).await, hears)
}

fn bridge(urls: &[&str]) -> Bridge {
    let hosts: Vec<_> = urls.iter().map(|url| json!({ "url": url })).collect();
    let config = Config::from_json(json!({ "hosts": hosts })).unwrap();
    Bridge::new(config, Arc::new(ReqwestTransport::default()), 1)
}

fn request(texts: usize) -> EmbedRequest {
    EmbedRequest { texts: vec!["a text of some words".to_owned(); texts], ..Default::default() }
}

#[tokio::test]
async fn the_slower_of_two_copies() {
    let hangs = Arc::new(AtomicBool::new(false));
    let (slow, mut freed) = hangs_when(hangs.clone(), Arc::new(Semaphore::new(0))).await;
    let quick = serve(post(async |Json(request): Json<EmbedRequest>| vectors(&request))).await;
    let bridge = bridge(&[&slow, &quick]);
    for _ in 0..100 {
        bridge.embed(request(1), CallOptions::default()).await.unwrap();
    }
    hangs.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        bridge.embed(request(1), CallOptions::default()).await.unwrap();
    }
    freed.recv().await.unwrap();
}

#[tokio::test]
async fn the_other_slices_of_a_call_that_fails() {
    let begun = Arc::new(Semaphore::new(0));
    let (hanging, mut freed) = hangs_when(Arc::new(AtomicBool::new(true)), begun.clone()).await;
    let refuses = serve(post(async move || {
        begun.acquire().await.unwrap().forget();
        (StatusCode::BAD_REQUEST, Json(json!({ "detail": "No.", "code": "invalid_json" })))
    }));
    let bridge = bridge(&[&hanging, &refuses.await]);
    let error = bridge.embed(request(2_000), CallOptions::default()).await.unwrap_err();
    assert_eq!(error.code(), "invalid_input");
    freed.recv().await.unwrap();
    assert!(bridge.hosts().iter().all(|host| host.in_flight == 0));
}
