//! From settings to a listening service, and from there to an orderly end.
//!
//! Told to stop, the service goes on listening while running work finishes: `/health` says `draining` and new work
//! is answered 503, so that callers learn it from an answer and not from a refused connection.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::{TcpListener, lookup_host};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::app::router;
use crate::config::Config;
use crate::service::{BuildError, Service, Shared};

/// How long answers may take to reach their callers once the last one is ready.
const FLUSH: Duration = Duration::from_secs(2);

/// Why the service can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings ask for what isn't there.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The address can't be listened on.
    #[error(
        "{host}:{port} can't be listened on: {source}; set HOST and PORT to a free address of this machine"
    )]
    Listen {
        /// `HOST`.
        host: String,
        /// `PORT`.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// Anyone on the network could use the service.
    #[error(
        "{0} can be reached from other machines and no key is set; set API_KEY or API_KEYS_FILE, or say GPU_ALLOW_ANONYMOUS=1"
    )]
    Open(SocketAddr),
}

/// A listening service.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its parts.
    pub service: Shared,
    serving: JoinHandle<io::Result<()>>,
    close: oneshot::Sender<()>,
}

impl Server {
    /// Listens and starts the device thread; the default models load in the background.
    ///
    /// # Errors
    /// When an address, a device or a file that the settings name can't be had.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let listener = listen(&config).await?;
        let address = listener.local_addr().map_err(|source| cannot_listen(&config, source))?;
        let service = Service::build(config)?;
        let (close, closed) = oneshot::channel::<()>();
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let serving = axum::serve(listener, router(Arc::clone(&service)))
            .with_graceful_shutdown(async { drop(closed.await) })
            .into_future();
        Ok(Self { address, service, serving: tokio::spawn(serving), close })
    }

    /// The line that says that the service is ready.
    pub fn ready_line(&self) -> String {
        let models = self.service.registry.labels();
        let models = if models.is_empty() { "none".to_owned() } else { models.join(", ") };
        format!("gpu-service ready on http://{} ({}, models {models})", self.address, self.service.device)
    }

    /// Takes no new work, lets running work finish within the grace, and ends. Says whether all of it finished.
    pub async fn drain(self) -> bool {
        let grace = Duration::from_secs(self.service.config.shutdown_grace_seconds);
        self.service.admission.drain();
        tracing::info!(running = self.service.admission.taken(), ?grace, "draining");
        let finished = timeout(grace, self.service.admission.empty()).await.is_ok();
        if !finished {
            tracing::warn!(cut_off = self.service.admission.taken(), "the grace is over");
        }
        drop(self.close);
        if timeout(FLUSH, self.serving).await.is_err() {
            tracing::warn!("some connections were still open");
        }
        self.service.stop_device();
        finished
    }
}

/// Writes the ready line, the only one on stdout. Nobody has to read it.
pub fn announce(server: &Server) {
    let line = server.ready_line();
    let mut stdout = io::stdout().lock();
    if let Err(error) = writeln!(stdout, "{line}").and_then(|()| stdout.flush()) {
        tracing::warn!("{line}; stdout can't be written: {error}");
    }
}

async fn listen(config: &Config) -> Result<TcpListener, StartError> {
    let addresses: Vec<SocketAddr> = lookup_host((config.host.as_str(), config.port))
        .await
        .map_err(|source| cannot_listen(config, source))?
        .collect();
    if let Some(open) = addresses.iter().find(|address| !config.may_listen_on(address.ip())) {
        return Err(StartError::Open(*open));
    }
    TcpListener::bind(addresses.as_slice()).await.map_err(|source| cannot_listen(config, source))
}

fn cannot_listen(config: &Config, source: io::Error) -> StartError {
    StartError::Listen { host: config.host.clone(), port: config.port, source }
}
