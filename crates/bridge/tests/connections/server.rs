//! A host behind TLS that counts its connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::serve::Listener;
use axum::{Json, Router};
use http::Version;
use rustls::ServerConfig;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// See the module.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

struct Tls {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
    connections: Arc<AtomicUsize>,
}

impl Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let (stream, address) = self.tcp.accept().await.unwrap();
            if let Ok(stream) = self.acceptor.accept(stream).await {
                self.connections.fetch_add(1, Ordering::SeqCst);
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

impl Server {
    pub(crate) async fn start(config: ServerConfig, router: Router) -> Self {
        let (tcp, connections) = (TcpListener::bind("127.0.0.1:0").await.unwrap(), Arc::default());
        let address = tcp.local_addr().unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = Tls { tcp, acceptor, connections: Arc::clone(&connections) };
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, connections }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// Those whose handshake was completed.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// One vector, whose only number is the version of HTTP: 11 or 20.
pub(crate) fn one_vector(version: Version) -> Response {
    let number = if version == Version::HTTP_2 { 20.0 } else { 11.0 };
    Json(json!({ "embeddings": [[number]], "model": "m", "dimensions": 1 })).into_response()
}

/// A host that answers one text.
pub(crate) fn service() -> Router {
    let health = || async { Json(json!({ "status": "ok", "device": "cpu" })) };
    Router::new()
        .route("/embed", post(|request: Request| async move { one_vector(request.version()) }))
        .route("/health", axum::routing::get(health))
}
