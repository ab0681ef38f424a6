//! A host's key, which is never shown.

use bytes::Bytes;
use gpu_bridge_protocol::headers;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};

use crate::host_protocol::Protocol;

/// Keys that are shorter could be words of the contract by chance.
const TELLING: usize = 8;

/// A key that fits a header. Its `Debug` says only that it is there.
#[derive(Debug, Clone)]
pub(crate) struct ApiKey {
    bare: HeaderValue,
    bearer: HeaderValue,
}

impl ApiKey {
    /// Reads a key; an empty one means that there is none, as in version 0.2.
    ///
    /// # Errors
    /// When a header can't carry it. The message leaves the key out.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, &'static str> {
        if text.is_empty() {
            return Ok(None);
        }
        let secret = |text: &str| -> Result<_, &'static str> {
            let mut value = HeaderValue::from_str(text).map_err(
                |_| "holds a character that a header can't carry, such as a line break; remove it",
            )?;
            value.set_sensitive(true);
            Ok(value)
        };
        Ok(Some(Self { bare: secret(text)?, bearer: secret(&format!("Bearer {text}"))? }))
    }

    /// The header that a host of the protocol wants, its value marked so that nothing logs it.
    pub(crate) fn header(&self, protocol: Protocol) -> (HeaderName, HeaderValue) {
        match protocol {
            Protocol::GpuBridge => (HeaderName::from_static(headers::API_KEY), self.bare.clone()),
            Protocol::OpenAi => (AUTHORIZATION, self.bearer.clone()),
        }
    }
}

impl ApiKey {
    /// An answer that is going to be quoted, without the key: a server that shows what it was sent, as some do when
    /// something is wrong, must not bring it into errors and logs.
    pub(crate) fn blot_out(&self, body: Bytes) -> Bytes {
        let key = String::from_utf8_lossy(self.bare.as_bytes());
        let text = String::from_utf8_lossy(&body);
        match key.len() >= TELLING && text.contains(&*key) {
            true => text.replace(&*key, "[key]").into(),
            false => body,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_shown() {
        let key = ApiKey::parse("s3cret").unwrap().unwrap();
        assert!(!format!("{key:?}").contains("s3cret"));
        let sent = [Protocol::GpuBridge, Protocol::OpenAi].map(|protocol| key.header(protocol).1);
        assert_eq!(sent, ["s3cret", "Bearer s3cret"]);
        assert!(sent.iter().all(HeaderValue::is_sensitive));
        assert!(ApiKey::parse("").unwrap().is_none());
        assert!(!ApiKey::parse("s3cret\n").unwrap_err().contains("s3cret"));
    }

    #[test]
    fn a_server_that_shows_what_it_was_sent_does_not_bring_the_key_into_an_error() {
        let blotted = |key: &str, body: &'static str| {
            ApiKey::parse(key).unwrap().unwrap().blot_out(Bytes::from_static(body.as_bytes()))
        };
        assert_eq!(blotted("long-s3cret", "x-api-key: long-s3cret!"), "x-api-key: [key]!");
        assert_eq!(blotted("long-s3cret", "nothing to hide"), "nothing to hide");
        assert_eq!(blotted("code", "{\"code\":1}"), "{\"code\":1}");
    }
}
