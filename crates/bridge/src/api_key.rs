//! A host's key, which is never shown.

use http::HeaderValue;

/// A key that fits a header. Its `Debug` says only that it is there.
#[derive(Debug, Clone)]
pub(crate) struct ApiKey(HeaderValue);

impl ApiKey {
    /// Reads a key; an empty one means that there is none, as in version 0.2.
    ///
    /// # Errors
    /// When a header can't carry it. The message leaves the key out.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, &'static str> {
        if text.is_empty() {
            return Ok(None);
        }
        let mut value = HeaderValue::from_str(text)
            .map_err(|_| "holds a character that a header can't carry, such as a line break; remove it")?;
        value.set_sensitive(true);
        Ok(Some(Self(value)))
    }

    /// The header's value, marked so that nothing logs it.
    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_shown() {
        let key = ApiKey::parse("s3cret").unwrap().unwrap();
        assert!(!format!("{key:?}").contains("s3cret"));
        assert_eq!(key.header(), "s3cret");
        assert!(ApiKey::parse("").unwrap().is_none());
        assert!(!ApiKey::parse("s3cret\n").unwrap_err().contains("s3cret"));
    }
}
