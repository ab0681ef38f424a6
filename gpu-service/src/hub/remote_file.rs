//! What the hub says of one file before its contents are fetched.

use http::header::{CONTENT_LENGTH, ETAG};
use reqwest::Response;
use url::Url;

use super::HubError;
use super::listing::Listing;
use super::session::{Session, refusal};
use crate::hf_cache::is_plain;

/// What names the contents of a file that is kept elsewhere, and how many bytes those are.
const LINKED: (&str, &str) = ("x-linked-etag", "x-linked-size");
/// The commit the answer is about.
const COMMIT: &str = "x-repo-commit";

/// See the module.
#[derive(Debug)]
pub(super) struct RemoteFile {
    /// The file's path below the model.
    pub(super) path: String,
    /// Where to ask for it.
    pub(super) url: Url,
    /// Names its contents; of a large file it is the SHA-256.
    pub(super) etag: String,
    /// Its bytes.
    pub(super) size: u64,
}

impl RemoteFile {
    /// Asks the hub about `path` at the listing's commit.
    pub(super) async fn ask(session: &Session, listing: &Listing, path: &str) -> Result<Self, HubError> {
        let url = session.url(&[&listing.name, "resolve", &listing.commit, path]);
        let response = session.head(url.clone()).await?;
        if let Some(refusal) = refusal(&listing.name, &response) {
            return Err(refusal);
        }
        let malformed =
            |reason: &str| HubError::Malformed { url: url.to_string(), reason: reason.to_owned() };
        if header(&response, COMMIT).is_some_and(|commit| commit != listing.commit) {
            return Err(malformed("it is about another commit"));
        }
        let etag = header(&response, LINKED.0).or_else(|| header(&response, ETAG.as_str()));
        let etag =
            etag.map(plain).filter(|etag| is_plain(etag)).ok_or_else(|| malformed("it has no etag"))?;
        let size = header(&response, LINKED.1).or_else(|| header(&response, CONTENT_LENGTH.as_str()));
        let size = size.and_then(|size| size.parse().ok()).ok_or_else(|| malformed("it has no size"))?;
        let etag = etag.to_owned();
        Ok(Self { path: path.to_owned(), url, etag, size })
    }

    /// The SHA-256 its contents must have, where the hub says it.
    pub(super) fn sha256(&self) -> Option<&str> {
        let hex = self.etag.bytes().all(|byte| byte.is_ascii_hexdigit());
        (self.etag.len() == 64 && hex).then_some(&self.etag)
    }
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

/// `W/"abc"` is `abc`.
fn plain(etag: &str) -> &str {
    etag.strip_prefix("W/").unwrap_or(etag).trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_etag_is_what_stands_between_its_quotes() {
        assert_eq!(["\"a1\"", "W/\"a1\"", "a1"].map(plain), ["a1"; 3]);
    }
}
