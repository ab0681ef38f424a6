//! Fetching a model from the hub into the Hugging Face cache.
//!
//! One [`fetch`](Hub::fetch) asks for the commit and its files, takes only those that [make the model](crate::model_files),
//! puts each into the cache once its size and checksum are right, and names the commit as `main` last of all: a model that was
//! cut off half-way isn't found by anybody, and the next fetch goes on where it stopped. Python's tools share the cache.
//!
//! Why not the crate `hf-hub`: its 1.0.0 brings hf-xet and, through reqwest's default features, aws-lc (about 280 crates and a
//! second TLS stack, which `deny.toml` bans), starts a cut file over, checks no checksum and takes the page of an error for the
//! file; its 0.5.0 sends the token to the host that a blob is redirected to. So the few requests that are needed are made here,
//! with the reqwest that the workspace has. A proxy and the machine's certificates are honoured as reqwest does.
//!
//! It decides nothing: whether a model may be fetched is the registry's business.

mod checksum;
mod download;
mod error;
mod listing;
mod lock;
mod meter;
mod part;
mod remote_file;
mod session;
mod snapshot;

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

pub use self::error::HubError;
pub use self::meter::Meter;

use self::download::Download;
use self::listing::Listing;
use self::remote_file::RemoteFile;
use self::session::Session;
use crate::hf_cache::{HfCache, RepoCache};
use crate::model_files::{MODULES, ModelFiles};

/// How long to wait before a cut file is gone on with; doubled each time nothing came.
pub const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// Where the hub is and who asks.
#[derive(Clone)]
pub struct HubSettings {
    /// `HF_ENDPOINT`.
    pub endpoint: Url,
    /// `HF_TOKEN`, for models that aren't open to everybody. Sent to the endpoint only.
    pub token: Option<String>,
    /// Whether the hub may be asked at all.
    pub offline: bool,
    /// See [`RETRY_PAUSE`].
    pub retry_pause: Duration,
}

/// See the module.
#[derive(Clone)]
pub struct Hub {
    settings: HubSettings,
    cache: HfCache,
}

impl Hub {
    /// Fetches into `cache`.
    pub fn new(settings: HubSettings, cache: HfCache) -> Self {
        Self { settings, cache }
    }

    /// Whether the hub must not be asked.
    pub fn offline(&self) -> bool {
        self.settings.offline
    }

    /// Fetches the model `name` and gives its folder. `meter` counts the bytes.
    ///
    /// # Errors
    /// When the hub has no such model, wants a token, can't be reached or sends something else; when the disk is full.
    pub async fn fetch(&self, name: &str, meter: &Meter) -> Result<PathBuf, HubError> {
        let session = Session::open(&self.settings)?;
        let listing = Listing::ask(&session, name).await?;
        let repo = self.cache.repo(name);
        let modules = modules(&session, &repo, &listing).await?;
        let lacks = |reason| HubError::NoModel { name: name.to_owned(), reason };
        let wanted = ModelFiles::new(modules.as_deref()).and_then(|files| files.wanted(&listing.files));
        let files = remote_files(&session, &listing, &wanted.map_err(lacks)?).await?;
        meter.expect(files.iter().map(|file| file.size).sum());
        for file in &files {
            Download { session: &session, repo: &repo, file, meter }.run().await?;
            snapshot::link(&repo, &listing.commit, file)?;
        }
        snapshot::name_main(&repo, &listing.commit)?;
        Ok(repo.snapshot(&listing.commit))
    }
}

/// The content of modules.json, which decides what else is wanted.
async fn modules(
    session: &Session,
    repo: &RepoCache,
    listing: &Listing,
) -> Result<Option<Vec<u8>>, HubError> {
    if !listing.files.iter().any(|file| file == MODULES) {
        return Ok(None);
    }
    let file = RemoteFile::ask(session, listing, MODULES).await?;
    let path = Download { session, repo, file: &file, meter: &Meter::default() }.run().await?;
    tokio::fs::read(&path).await.map(Some).map_err(|source| HubError::disk(&path, &source))
}

async fn remote_files(
    session: &Session,
    listing: &Listing,
    names: &[String],
) -> Result<Vec<RemoteFile>, HubError> {
    let mut files = Vec::with_capacity(names.len());
    for name in names {
        files.push(RemoteFile::ask(session, listing, name).await?);
    }
    Ok(files)
}
