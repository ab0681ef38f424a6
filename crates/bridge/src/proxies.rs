//! Which requests go through a proxy, and which one: what `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say,
//! and where they say nothing, the settings of macOS or Windows.
//!
//! `NO_PROXY` lists names, which stand for all names under them as well, addresses, networks such as `10.0.0.0/8`, and
//! `*`. Loopback is never proxied, whatever is set: what runs on this machine is not reached through another one.

use std::net::IpAddr;

use http::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use url::{Host, Url};

/// See the module.
#[derive(Debug)]
pub struct Proxies(Matcher);

impl Proxies {
    /// What this machine's environment and settings say.
    pub fn of_machine() -> Self {
        Self(Matcher::from_system())
    }

    /// The proxies for http and https addresses, each a url that may hold credentials, and the exceptions, in the words
    /// of the environment's variables; an empty text is none.
    pub fn new(http: &str, https: &str, exceptions: &str) -> Self {
        let [http, https, exceptions] = [http, https, exceptions].map(str::to_owned);
        Self(Matcher::builder().http(http).https(https).no(exceptions).build())
    }

    /// The proxy for an address.
    pub(crate) fn of(&self, url: &Url) -> Option<Intercept> {
        if url.host().is_none_or(|host| is_loopback(&host)) {
            return None;
        }
        self.0.intercept(&url.as_str().parse::<Uri>().ok()?)
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match *host {
        Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => IpAddr::from(address).is_loopback(),
        Host::Ipv6(address) => IpAddr::from(address).is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &str = "inner.test, .suffix.test,10.0.0.0/8,192.168.1.7,fd00::/8";

    fn proxy(exceptions: &str, url: &str) -> Option<String> {
        let proxies = Proxies::new("http://web:3128", "http://secure:3129", exceptions);
        proxies.of(&url.parse().unwrap()).map(|proxy| proxy.uri().to_string())
    }

    #[test]
    fn each_scheme_has_its_proxy() {
        assert_eq!(proxy("", "http://gpu-box:8765/embed").as_deref(), Some("http://web:3128/"));
        assert_eq!(proxy("", "https://gpu-box/embed").as_deref(), Some("http://secure:3129/"));
        let none = Proxies::new("", "", "");
        assert!(none.of(&"https://gpu-box".parse().unwrap()).is_none());
    }

    #[test]
    fn exceptions_are_names_all_below_them_addresses_and_networks() {
        for direct in
            ["inner.test", "gpu.inner.test", "a.suffix.test", "10.1.2.3", "192.168.1.7", "[fd00::1]"]
        {
            assert_eq!(proxy(NAMES, &format!("http://{direct}:8765/")), None, "{direct}");
        }
        for proxied in ["outer.test", "notinner.test", "11.0.0.1", "192.168.1.8", "[fe80::1]"] {
            assert!(proxy(NAMES, &format!("http://{proxied}:8765/")).is_some(), "{proxied}");
        }
        assert_eq!(proxy("*", "https://gpu-box"), None);
    }

    #[test]
    fn loopback_is_never_proxied() {
        for url in ["http://localhost", "http://a.localhost", "http://127.0.0.5", "https://[::1]:8765"] {
            assert_eq!(proxy("", url), None, "{url}");
        }
        for url in ["http://10.0.0.1", "http://[fd00::1]", "http://localhost.test"] {
            assert!(proxy("", url).is_some(), "{url}");
        }
    }

    #[test]
    fn no_credentials_are_shown() {
        let proxies = Proxies::new("http://me:s3cret@web:3128", "", "");
        let proxy = proxies.of(&"http://gpu-box".parse().unwrap()).unwrap();
        assert!(!format!("{proxies:?} {}", proxy.uri()).contains("s3cret"));
    }
}
