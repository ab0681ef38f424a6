//! The commit of a model's `main`, and the names of its files.

use serde::Deserialize;

use super::HubError;
use super::session::{Session, cause, refusal};
use crate::hf_cache::is_plain;

/// See the module.
#[derive(Debug)]
pub(super) struct Listing {
    /// As it was asked for.
    pub(super) name: String,
    /// Names the state of the files.
    pub(super) commit: String,
    /// Paths below the model.
    pub(super) files: Vec<String>,
}

#[derive(Deserialize)]
struct Answer {
    sha: String,
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
struct Sibling {
    rfilename: String,
}

impl Listing {
    /// Asks the hub.
    pub(super) async fn ask(session: &Session, name: &str) -> Result<Self, HubError> {
        let url = session.url(&["api", "models", name, "revision", "main"]);
        let response = session.get(url.clone(), 0).await?;
        if let Some(refusal) = refusal(name, &response) {
            return Err(refusal);
        }
        let malformed = |reason| HubError::Malformed { url: url.to_string(), reason };
        let body = response.bytes().await.map_err(|error| malformed(cause(&error)))?;
        let answer: Answer = serde_json::from_slice(&body).map_err(|error| malformed(error.to_string()))?;
        if !is_plain(&answer.sha) {
            return Err(malformed(format!("its commit is {:?}", answer.sha)));
        }
        let files = answer.siblings.into_iter().map(|file| file.rfilename).collect();
        Ok(Self { name: name.to_owned(), commit: answer.sha, files })
    }
}
