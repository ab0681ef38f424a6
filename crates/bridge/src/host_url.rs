//! The address of a host, checked once.
//!
//! A [`HostUrl`] is absolute, http or https, and holds neither credentials nor a query; its path, if it has
//! one, is kept as a prefix. So it may be printed anywhere, and a route can be put after it.

use std::fmt;

use url::{ParseError, Url};

use crate::host_protocol::Protocol;

/// An address that a route can be put after.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct HostUrl(Url);

impl HostUrl {
    /// Reads an address. A slash at its end is dropped.
    ///
    /// # Errors
    /// Says in a sentence's second half what is wrong, without the address where that could hold a secret.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let foreign = || format!("{}, which doesn't begin with http:// or https://", shown(text));
        let mut url = Url::parse(text.trim()).map_err(|error| match error {
            ParseError::RelativeUrlWithoutBase => foreign(),
            error => format!("{}, which is no address ({error})", shown(text)),
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(foreign());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("holds a user name or a password; leave them out and set `apiKey`".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("holds a query or a fragment; leave out everything from `?` or `#` on".to_owned());
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }

    /// Whether it is asked over TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The name and the port, where it says one. `None` where it holds an IP address.
    pub(crate) fn name_and_port(&self) -> Option<(String, Option<u16>)> {
        self.0.domain().map(|name| (name.to_owned(), self.0.port()))
    }

    /// The port where none is said.
    pub(crate) fn usual_port(&self) -> u16 {
        if self.is_secure() { 443 } else { 80 }
    }

    /// The address of a route, such as `/embed`. A `/v1` at the end of the address is the one that OpenAI's routes begin
    /// with, and no other route is under it.
    pub(crate) fn route(&self, path: &str, protocol: Protocol) -> Url {
        let mut url = self.0.clone();
        let own = self.0.path().trim_end_matches('/');
        let base = match protocol {
            Protocol::GpuBridge => own,
            Protocol::OpenAi => own.strip_suffix("/v1").unwrap_or(own),
        };
        url.set_path(&format!("{base}{path}"));
        url
    }
}

/// Credentials may stand in an address that can't be read, so it is shown only where no `@` is in it.
fn shown(text: &str) -> String {
    if text.contains('@') { "is a value with an @".to_owned() } else { format!("is {text:?}") }
}

impl fmt::Display for HostUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for HostUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_kept_and_a_last_slash_is_not() {
        for (text, shown, route) in [
            ("http://a:8765", "http://a:8765", "http://a:8765/embed"),
            ("http://a:8765//", "http://a:8765", "http://a:8765/embed"),
            ("https://a/gpu/", "https://a/gpu", "https://a/gpu/embed"),
        ] {
            let url = HostUrl::parse(text).unwrap();
            assert_eq!(
                (url.to_string().as_str(), url.route("/embed", Protocol::GpuBridge).as_str()),
                (shown, route)
            );
        }
    }

    #[test]
    fn credentials_are_refused_and_not_repeated() {
        for text in ["http://me:s3cret@a", "me:s3cret@a:80:80", "http://me:s3cret@"] {
            let error = HostUrl::parse(text).unwrap_err();
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn only_http_addresses_pass() {
        for text in ["", "gpu-box", "ftp://a", "http://", "http://a?x=1", "http://a#x", "//a"] {
            assert!(HostUrl::parse(text).is_err(), "{text:?} was accepted");
        }
        for text in ["gpu-box", "gpu-box:8765", "127.0.0.1:8765"] {
            let error = HostUrl::parse(text).unwrap_err();
            assert!(error.ends_with("which doesn't begin with http:// or https://"), "{error}");
        }
    }
}
