//! The HTTP clients: one for every way to connect that is in use.
//!
//! A client keeps its connections for [`IDLE`]. One that wasn't asked for as long has none left and is dropped when
//! another is made, so that hosts which come and go leave nothing behind.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use hyper_util::client::proxy::matcher::Intercept;
use reqwest::Client;
use tokio::time::Instant;
use url::Url;

use super::client::{IDLE, Way};
use crate::endpoint::Endpoint;
use crate::proxies::Proxies;
use crate::transport::TransportError;

/// See the module.
#[derive(Debug)]
pub(crate) struct Clients {
    proxies: Proxies,
    made: Mutex<HashMap<Way, (Client, Instant)>>,
}

impl Clients {
    pub(crate) fn new(proxies: Proxies) -> Self {
        Self { proxies, made: Mutex::default() }
    }

    /// The client for an address, and its proxy if it uses one.
    ///
    /// # Errors
    /// When TLS or the proxy can't be set up on this machine.
    pub(crate) fn get(
        &self,
        endpoint: &Endpoint,
        url: &Url,
    ) -> Result<(Client, Option<Intercept>), TransportError> {
        let proxy = self.proxies.of(url).filter(|_| endpoint.connect_to.is_none());
        let way =
            Way { endpoint: endpoint.clone(), secure: url.scheme() == "https", proxied: proxy.is_some() };
        let (mut made, now) = (self.made.lock().unwrap_or_else(PoisonError::into_inner), Instant::now());
        if let Some((client, asked)) = made.get_mut(&way) {
            *asked = now;
            return Ok((client.clone(), proxy));
        }
        made.retain(|_, (_, asked)| now.saturating_duration_since(*asked) < IDLE);
        let client = way.client(proxy.as_ref())?;
        made.insert(way, (client.clone(), now));
        Ok((client, proxy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(clients: &Clients, port: u16) {
        let endpoint = Endpoint { connect_to: Some(([127, 0, 0, 1], port).into()), ..Endpoint::default() };
        clients.get(&endpoint, &"http://gpu-box".parse().unwrap()).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn clients_of_endpoints_that_are_gone_are_dropped() {
        let clients = Clients::new(Proxies::new("", "", ""));
        let made = || clients.made.lock().unwrap().len();
        for port in 1..=10 {
            ask(&clients, port);
        }
        assert_eq!(made(), 10);
        tokio::time::advance(IDLE / 2).await;
        ask(&clients, 1);
        tokio::time::advance(IDLE / 2).await;
        ask(&clients, 1);
        assert_eq!(made(), 10, "nothing new is made");
        ask(&clients, 11);
        assert_eq!(made(), 2);
    }

    #[test]
    fn equal_endpoints_share_a_client_whatever_the_url() {
        let clients = Clients::new(Proxies::new("http://proxy:1", "", ""));
        for url in ["http://127.0.0.1:1", "http://127.0.0.1:2", "http://gpu-box", "http://gpu-rack"] {
            clients.get(&Endpoint::default(), &url.parse().unwrap()).unwrap();
        }
        assert_eq!(clients.made.lock().unwrap().len(), 2, "direct, and through the proxy");
    }
}
