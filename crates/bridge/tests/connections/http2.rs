//! HTTP/2, which TLS offers: many requests share a connection and don't disturb each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::IntoResponse;
use axum::routing::post;
use futures_util::future::join_all;
use futures_util::stream;
use gpu_bridge_core::{Bridge, CallOptions, Code};
use http_body_util::BodyExt;
use serde_json::json;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

use crate::authority::Authority;
use crate::server::{Server, one_vector, service};
use crate::{bridge, embed};

async fn start(router: Router) -> (Server, Authority) {
    let authority = Authority::new();
    let server = Server::start(authority.server("localhost", &["h2", "http/1.1"], None), router).await;
    (server, authority)
}

fn bridge_to(url: &str, authority: &Authority) -> Bridge {
    bridge(&json!([{ "url": url, "tls": { "ca": authority.pem } }]))
}

/// A host that does as told with each text.
fn by_text<F, R>(then: F) -> Router
where
    F: Fn(String) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Option<Body>> + Send,
{
    let embed = move |request: Request| {
        let then = then.clone();
        async move {
            let (version, body) =
                (request.version(), request.into_body().collect().await.unwrap().to_bytes());
            let asked: serde_json::Value = serde_json::from_slice(&body).unwrap();
            match then(asked["texts"][0].as_str().unwrap().to_owned()).await {
                Some(body) => body.into_response(),
                None => one_vector(version),
            }
        }
    };
    Router::new().route("/embed", post(embed))
}

#[tokio::test]
async fn many_requests_share_one_connection() {
    let (server, authority) = start(service()).await;
    let bridge = bridge_to(&server.url(), &authority);
    assert_eq!(embed(&bridge, "first").await.unwrap().data, [20.0]);
    for vectors in join_all((0..100).map(|_| embed(&bridge, "a"))).await {
        assert_eq!(vectors.unwrap().data, [20.0]);
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_server_without_http2_is_asked_over_http1() {
    let authority = Authority::new();
    let server = Server::start(authority.server("localhost", &["http/1.1"], None), service()).await;
    assert_eq!(embed(&bridge_to(&server.url(), &authority), "a").await.unwrap().data, [11.0]);
}

struct Told(Arc<Notify>);

impl Drop for Told {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[tokio::test]
async fn an_aborted_call_frees_the_host_and_leaves_the_others_alone() {
    let [begun, freed, go] = [(); 3].map(|()| Arc::new(Notify::new()));
    let [at_begin, at_end, released] = [&begun, &freed, &go].map(Arc::clone);
    let router = by_text(move |text| {
        let [at_begin, at_end, released] = [&at_begin, &at_end, &released].map(Arc::clone);
        async move {
            match &*text {
                "abort" => {
                    let _told = Told(at_end);
                    at_begin.notify_one();
                    std::future::pending::<()>().await;
                }
                "wait" => released.notified().await,
                _ => {}
            }
            None
        }
    });
    let (server, authority) = start(router).await;
    let bridge = bridge_to(&server.url(), &authority);
    embed(&bridge, "connect").await.unwrap();
    let options = CallOptions::default();
    let cancel = options.cancel.clone();
    let request = serde_json::from_value(json!({ "texts": ["abort"] })).unwrap();
    let (aborted, waiting, ()) =
        tokio::join!(bridge.embed(request, options), embed(&bridge, "wait"), async {
            begun.notified().await;
            cancel.cancel();
            freed.notified().await;
            go.notify_one();
        });
    assert_eq!(aborted.unwrap_err().kind(), Code::Aborted);
    assert_eq!(waiting.unwrap().data, [20.0]);
    assert_eq!(server.connections(), 1);
}

/// Bytes in a part of a large answer.
const PART: usize = 64 << 10;

#[tokio::test]
async fn large_answers_that_nobody_reads_hold_up_no_other() {
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let router = by_text(move |text| {
        let count = Arc::clone(&count);
        async move {
            let parts = stream::repeat_with(move || {
                count.fetch_add(PART, Ordering::SeqCst);
                Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; PART]))
            });
            (text == "large").then(|| Body::from_stream(parts))
        }
    });
    let (server, authority) = start(router).await;
    let bridge = bridge_to(&server.url(), &authority);
    embed(&bridge, "connect").await.unwrap();
    let mut stalled = vec![];
    for number in 1..=4 {
        // Polled only until so much is on its way as the protocol's window, and hyper's own, would not let through.
        let mut call = Box::pin(embed(&bridge, "large"));
        let full = async {
            while sent.load(Ordering::SeqCst) < (number * 3) << 20 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            () = full => {}
            ended = &mut call => panic!("it has no end, but {ended:?}"),
        }
        stalled.push(call);
    }
    assert_eq!(embed(&bridge, "small").await.unwrap().data, [20.0]);
    assert_eq!(server.connections(), 1);
}

/// Passes bytes on until `cut`, and then keeps both connections open and silent.
async fn relay(to: Server, mut cut: watch::Receiver<bool>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        let mut kept = vec![];
        loop {
            let (mut here, _) = listener.accept().await.unwrap();
            let mut there = TcpStream::connect(to.address).await.unwrap();
            tokio::select! {
                _ = copy_bidirectional(&mut here, &mut there) => {}
                _ = cut.wait_for(|cut| *cut) => kept.push((here, there)),
            }
        }
    });
    url
}

#[tokio::test]
async fn a_connection_that_fell_silent_is_found_by_pings() {
    let (server, authority) = start(service()).await;
    let (cut, on_cut) = watch::channel(false);
    let bridge = bridge_to(&relay(server, on_cut).await, &authority);
    embed(&bridge, "connect").await.unwrap();
    cut.send(true).unwrap();
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let request = serde_json::from_value(json!({ "texts": ["a"] })).unwrap();
    let options = CallOptions { timeout: Some(Duration::from_secs(3600)), ..Default::default() };
    let error = bridge.embed(request, options).await.unwrap_err();
    assert_eq!(error.attempts()[0].code, "connection_lost");
    assert!(error.attempts()[0].message.contains("keep-alive timed out"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}
