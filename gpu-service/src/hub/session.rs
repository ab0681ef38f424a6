//! Requests to the hub. Redirects are followed here and not by the client, because the token must never reach another host
//! and because what the hub says of a file stands in the answer that redirects to its contents.

use std::error::Error;
use std::time::Duration;

use http::header::{ACCEPT_ENCODING, LOCATION, RANGE};
use http::{Method, StatusCode};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use url::{Host, Url};

use super::{HubError, HubSettings};

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest wait for the next bytes of an answer.
const SILENCE: Duration = Duration::from_secs(60);
/// Most redirects of one request.
const REDIRECTS: usize = 10;
/// Why the hub refused.
const ERROR_CODE: &str = "x-error-code";

/// Requests of one fetch.
pub(super) struct Session {
    client: Client,
    settings: HubSettings,
}

impl Session {
    /// Nothing is sent yet.
    pub(super) fn open(settings: &HubSettings) -> Result<Self, HubError> {
        // The provider is the process's; a second session finds it installed.
        drop(rustls::crypto::ring::default_provider().install_default());
        let builder = Client::builder()
            .redirect(Policy::none())
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .user_agent(concat!("openclaw-gpu-bridge/", env!("CARGO_PKG_VERSION")));
        let local = settings.endpoint.host().is_some_and(|host| is_loopback(&host));
        let client = if local { builder.no_proxy() } else { builder }.build();
        let client = client.map_err(|error| unreachable(&settings.endpoint, &error))?;
        Ok(Self { client, settings: settings.clone() })
    }

    /// See [`HubSettings::retry_pause`].
    pub(super) fn retry_pause(&self) -> Duration {
        self.settings.retry_pause
    }

    /// The address of `parts` below the endpoint; slashes within a part stay.
    pub(super) fn url(&self, parts: &[&str]) -> Url {
        let mut url = self.settings.endpoint.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(parts.iter().flat_map(|part| part.split('/')));
        }
        url
    }

    /// The hub's own word on a file: the last answer before its contents, which may lie elsewhere.
    pub(super) async fn head(&self, url: Url) -> Result<Response, HubError> {
        self.send(&Method::HEAD, url, 0).await
    }

    /// What is there from byte `from` on, wherever it lies.
    pub(super) async fn get(&self, url: Url, from: u64) -> Result<Response, HubError> {
        self.send(&Method::GET, url, from).await
    }

    async fn send(&self, method: &Method, asked: Url, from: u64) -> Result<Response, HubError> {
        let mut url = asked.clone();
        for _ in 0..=REDIRECTS {
            let sent = self.request(method, &url, from).send().await;
            let response = sent.map_err(|error| unreachable(&url, &error))?;
            match self.onward(method, &response)? {
                Some(next) => url = next,
                None => return Ok(response),
            }
        }
        Err(HubError::Malformed { url: asked.to_string(), reason: "it redirects in circles".to_owned() })
    }

    fn request(&self, method: &Method, url: &Url, from: u64) -> RequestBuilder {
        let mut request =
            self.client.request(method.clone(), url.clone()).header(ACCEPT_ENCODING, "identity");
        if let Some(token) = self.settings.token.as_ref().filter(|_| self.is_hub(url)) {
            request = request.bearer_auth(token);
        }
        if from > 0 { request.header(RANGE, format!("bytes={from}-")) } else { request }
    }

    /// Where an answer sends us.
    fn onward(&self, method: &Method, response: &Response) -> Result<Option<Url>, HubError> {
        if !response.status().is_redirection() {
            return Ok(None);
        }
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let next = location.and_then(|location| response.url().join(location).ok());
        let next = next.ok_or_else(|| HubError::Malformed {
            url: response.url().to_string(),
            reason: "it redirects to nowhere".to_owned(),
        })?;
        Ok((method != Method::HEAD || self.is_hub(&next)).then_some(next))
    }

    fn is_hub(&self, url: &Url) -> bool {
        url.origin() == self.settings.endpoint.origin()
    }
}

/// What the hub's refusal of the model `name` means; `None` where it didn't refuse.
pub(super) fn refusal(name: &str, response: &Response) -> Option<HubError> {
    let (url, status) = (response.url().to_string(), response.status());
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    let code = response.headers().get(ERROR_CODE).and_then(|code| code.to_str().ok());
    let (name, number) = (name.to_owned(), status.as_u16());
    Some(match (status, code) {
        (_, Some("RepoNotFound")) | (StatusCode::NOT_FOUND, None) => {
            HubError::NoSuchModel { name, url, status: number }
        }
        (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => {
            HubError::Gated { name, url, status: number }
        }
        _ => HubError::Status { name, url, status: number },
    })
}

/// The deepest cause of a failure: what reqwest itself says is only that sending failed.
pub(super) fn cause(error: &reqwest::Error) -> String {
    let mut deepest: &dyn Error = error;
    while let Some(deeper) = deepest.source() {
        deepest = deeper;
    }
    deepest.to_string()
}

fn unreachable(url: &Url, error: &reqwest::Error) -> HubError {
    HubError::Unreachable { url: url.to_string(), reason: cause(error) }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}
