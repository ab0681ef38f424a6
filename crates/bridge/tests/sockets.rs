//! The transport of production against real sockets.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::StatusCode;
use axum::response::Redirect;
use axum::routing::{get, post};
use bytes::Bytes;
use gpu_bridge_core::protocol::{EmbedRequest, Usage, Vectors};
use gpu_bridge_core::{
    Bridge, CallOptions, Config, Endpoint, HostRequest, Proxies, ReqwestTransport, Transport, TransportError,
};
use http::{HeaderMap, Method};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

/// A server that reads the head of each request and then does as told.
async fn raw<F: Future<Output = ()> + Send>(then: impl Fn(TcpStream) -> F + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = vec![];
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            then(stream).await;
        }
    });
    url
}

async fn ask(url: &str) -> Result<gpu_bridge_core::HostReply, TransportError> {
    let request = HostRequest {
        method: Method::GET,
        url: url.parse().unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::new(),
        endpoint: Endpoint::default(),
    };
    ReqwestTransport::default().send(request).await
}

fn bridge(urls: &[&str]) -> Bridge {
    let hosts: Vec<_> = urls.iter().map(|url| json!({ "url": url })).collect();
    let config = Config::from_json(json!({ "hosts": hosts, "apiKey": "k" })).unwrap();
    Bridge::new(config, Arc::new(ReqwestTransport::default()), 1)
}

fn one_text() -> EmbedRequest {
    EmbedRequest { texts: vec!["a text".to_owned()], ..Default::default() }
}

fn service() -> Router {
    let vectors = Vectors {
        data: vec![0.5, -1.0, 2.0],
        dimensions: 3,
        model: "m".to_owned(),
        truncated: vec![0],
        usage: Usage { tokens: 4 },
        fingerprint: None,
    };
    let body = vectors.to_safetensors().unwrap();
    let embed = move |headers: HeaderMap| async move {
        assert!(headers["accept"].to_str().unwrap().starts_with("application/vnd.safetensors"));
        match headers.get("x-api-key").is_some_and(|key| key == "k") {
            true => (StatusCode::OK, [("content-type", "application/vnd.safetensors")], body),
            false => (StatusCode::UNAUTHORIZED, [("content-type", "application/json")], vec![]),
        }
    };
    Router::new().route("/embed", post(embed))
}

#[tokio::test]
async fn vectors_travel_as_safetensors() {
    let url = serve(service()).await;
    let vectors = bridge(&[&url]).embed(one_text(), CallOptions::default()).await.unwrap();
    assert_eq!((vectors.data, vectors.truncated, vectors.usage.tokens), (vec![0.5, -1.0, 2.0], vec![0], 4));
}

#[tokio::test]
async fn a_path_in_front_of_the_service_is_kept() {
    let url = serve(Router::new().nest("/gpu", service())).await;
    bridge(&[&format!("{url}/gpu/")]).embed(one_text(), CallOptions::default()).await.unwrap();
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let followed = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&followed);
    let target = move || async move { seen.fetch_add(1, Ordering::SeqCst).to_string() };
    let router = Router::new().route("/a", get(async || Redirect::temporary("/b"))).route("/b", get(target));
    let url = serve(router).await;
    let reply = ask(&format!("{url}/a")).await.unwrap();
    assert_eq!((reply.status, reply.headers["location"].to_str().unwrap()), (307, "/b"));
    assert_eq!(followed.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_call_that_is_redirected_fails_with_the_target_named_and_the_key_stays_here() {
    let followed = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&followed);
    let elsewhere = serve(Router::new().fallback(async move || {
        seen.fetch_add(1, Ordering::SeqCst);
    }))
    .await;
    for status in [301, 302, 303, 307, 308] {
        let target = format!("{elsewhere}/embed");
        let moved = move || async move { (StatusCode::from_u16(status).unwrap(), [("location", target)]) };
        let url = serve(Router::new().fallback(moved)).await;
        let error = bridge(&[&url]).embed(one_text(), CallOptions::default()).await.unwrap_err();
        assert_eq!((error.code(), error.status()), ("bad_response", Some(status)));
        let message = error.to_string();
        assert!(message.contains(&elsewhere) && message.contains("never followed"), "{message}");
    }
    assert_eq!(followed.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_given_address_is_connected_to_under_the_urls_name() {
    let host = async |headers: HeaderMap| headers["host"].to_str().unwrap().to_owned();
    let url = serve(Router::new().route("/name", get(host))).await;
    let address: SocketAddr = url.strip_prefix("http://").unwrap().parse().unwrap();
    let request = HostRequest {
        method: Method::GET,
        url: "http://gpu-box.test:1/name".parse().unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::new(),
        endpoint: Endpoint { connect_to: Some(address), ..Endpoint::default() },
    };
    let proxies = Proxies::new("http://127.0.0.1:1", "", "");
    let reply = ReqwestTransport::new(proxies).send(request).await.unwrap();
    assert_eq!(reply.body, format!("gpu-box.test:{}", address.port()));
}

#[tokio::test]
async fn a_cut_body_is_no_answer() {
    let url = raw(async |mut stream: TcpStream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await.unwrap();
    })
    .await;
    assert!(matches!(ask(&url).await, Err(TransportError::ConnectionLost(_))));
}

#[tokio::test]
async fn a_reset_is_a_lost_connection_and_a_closed_port_is_unreachable() {
    let url = raw(async |stream: TcpStream| drop(stream)).await;
    assert_eq!(ask(&url).await.unwrap_err().code(), "connection_lost");
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = ask(&format!("http://{closed}/")).await.unwrap_err();
    assert_eq!(error.code(), "unreachable");
    assert!(error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn an_answer_without_end_is_dropped() {
    let url = raw(async |mut stream: TcpStream| {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", 1_u64 << 40);
        stream.write_all(head.as_bytes()).await.unwrap();
        let _ = stream.read_u8().await;
    })
    .await;
    assert!(matches!(ask(&url).await, Err(TransportError::TooLarge { .. })));
}

#[tokio::test]
async fn an_aborted_call_closes_its_connection() {
    let (reached, mut at_host) = tokio::sync::mpsc::unbounded_channel();
    let url = raw(move |mut stream: TcpStream| {
        let reached = reached.clone();
        async move {
            reached.send("asked").unwrap();
            let mut rest = vec![];
            // Ends only when the other side closes.
            let _ = stream.read_to_end(&mut rest).await;
            reached.send("closed").unwrap();
        }
    })
    .await;
    let options = CallOptions::default();
    let cancel = options.cancel.clone();
    let call = tokio::spawn(async move {
        let request = EmbedRequest { texts: vec!["a text".to_owned()], ..Default::default() };
        bridge(&[&url]).embed(request, options).await
    });
    assert_eq!(at_host.recv().await, Some("asked"));
    cancel.cancel();
    assert_eq!(call.await.unwrap().unwrap_err().code(), "aborted");
    assert_eq!(at_host.recv().await, Some("closed"));
}

#[tokio::test]
async fn a_host_that_breaks_off_fails_no_call() {
    let broken = raw(async |stream: TcpStream| drop(stream)).await;
    let url = serve(service()).await;
    let bridge = bridge(&[&broken, &url]);
    for _ in 0..20 {
        bridge.embed(one_text(), CallOptions::default()).await.unwrap();
    }
}
