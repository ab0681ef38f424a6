//! Proxies: a real one, that tunnels https and is asked plain http whole.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use gpu_bridge_core::Proxies;
use http::Version;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::authority::Authority;
use crate::server::{Server, one_vector, service};
use crate::{bridge_through, embed};

/// `me:s3cret`.
const CREDENTIALS: &str = "Basic bWU6czNjcmV0";

/// A proxy that answers CONNECT with `answer` and then leads to `to`, and the heads of what it was asked.
async fn tunnel(to: SocketAddr, answer: &'static str) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let (listener, heads) =
        (TcpListener::bind("127.0.0.1:0").await.unwrap(), Arc::<Mutex<Vec<_>>>::default());
    let (address, seen) = (listener.local_addr().unwrap(), Arc::clone(&heads));
    tokio::spawn(async move {
        loop {
            let (mut here, _) = listener.accept().await.unwrap();
            let mut head = vec![];
            while !head.ends_with(b"\r\n\r\n") {
                head.push(here.read_u8().await.unwrap());
            }
            seen.lock().unwrap().push(String::from_utf8(head).unwrap());
            here.write_all(answer.as_bytes()).await.unwrap();
            let Ok(mut there) = TcpStream::connect(to).await else { continue };
            tokio::spawn(async move { copy_bidirectional(&mut here, &mut there).await });
        }
    });
    (address, heads)
}

const OPEN: &str = "HTTP/1.1 200 OK\r\n\r\n";

#[tokio::test]
async fn https_goes_through_a_tunnel_with_the_proxys_credentials() {
    let authority = Authority::new();
    let server = Server::start(authority.server("gpu-box.test", &["h2"], None), service()).await;
    let (proxy, heads) = tunnel(server.address, OPEN).await;
    let proxies = Proxies::new("", &format!("http://me:s3cret@{proxy}"), "");
    let hosts = json!([{ "url": "https://gpu-box.test:8765", "tls": { "ca": authority.pem } }]);
    let bridge = bridge_through(proxies, &hosts);
    for _ in 0..3 {
        assert_eq!(embed(&bridge, "a").await.unwrap().data, [20.0], "HTTP/2 through the tunnel");
    }
    let heads = heads.lock().unwrap();
    assert_eq!(heads.len(), 1, "one connection");
    assert!(heads[0].starts_with("CONNECT gpu-box.test:8765 HTTP/1.1\r\n"), "{heads:?}");
    let head = heads[0].to_lowercase();
    assert!(head.contains(&format!("proxy-authorization: {CREDENTIALS}").to_lowercase()), "{head}");
    assert!(!head.contains("k3y"), "the host's key is none of the proxy's business");
}

#[tokio::test]
async fn plain_http_is_asked_of_the_proxy() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxies = Proxies::new(&format!("http://me:s3cret@{}", listener.local_addr().unwrap()), "", "");
    let proxy = Router::new().fallback(|request: Request| async move {
        assert_eq!(request.uri().host(), Some("gpu-box.test"));
        assert_eq!(request.headers()["proxy-authorization"], CREDENTIALS);
        one_vector(Version::HTTP_11)
    });
    tokio::spawn(async move { axum::serve(listener, proxy).await.unwrap() });
    let bridge = bridge_through(proxies, &json!([{ "url": "http://gpu-box.test:8765" }]));
    assert_eq!(embed(&bridge, "a").await.unwrap().data, [11.0]);
}

#[tokio::test]
async fn loopback_is_reached_past_every_proxy() {
    let authority = Authority::new();
    let server = Server::start(authority.server("localhost", &["h2"], None), service()).await;
    let dead = "http://127.0.0.1:1";
    let hosts = json!([{ "url": server.url(), "tls": { "ca": authority.pem } }]);
    embed(&bridge_through(Proxies::new(dead, dead, ""), &hosts), "a").await.unwrap();
}

#[tokio::test]
async fn a_proxy_that_is_dead_or_refuses_is_named_without_its_credentials() {
    let refusing = "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (refusing, _) = tunnel(closed, refusing).await;
    let cases = [
        (closed, "https://gpu-box.test", "refused"),
        (closed, "http://gpu-box.test", "refused"),
        (refusing, "https://gpu-box.test", "authorization"),
    ];
    for (proxy, host, reason) in cases {
        let url = format!("http://me:s3cret@{proxy}");
        let bridge = bridge_through(Proxies::new(&url, &url, ""), &json!([{ "url": host }]));
        let error = embed(&bridge, "a").await.unwrap_err();
        let message = error.to_string();
        assert_eq!(error.attempts()[0].code, "unreachable");
        assert!(message.contains(&format!("through the proxy http://{proxy}")), "{message}");
        assert!(message.contains(reason) && !message.contains("s3cret"), "{message}");
    }
}

#[tokio::test]
async fn an_exception_is_reached_past_the_proxy() {
    let (proxy, heads) = tunnel("127.0.0.1:1".parse().unwrap(), OPEN).await;
    let proxies = Proxies::new(&format!("http://{proxy}"), "", ".invalid");
    let error = embed(&bridge_through(proxies, &json!([{ "url": "http://gpu-box.invalid" }])), "a").await;
    let message = error.unwrap_err().to_string();
    assert!(!message.contains("proxy"), "{message}");
    assert!(heads.lock().unwrap().is_empty());
}
