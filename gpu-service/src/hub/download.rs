//! One file's contents into the cache: gone on with after a cut, checked, and only then put in place.

use std::io;
use std::path::{Path, PathBuf};

use http::StatusCode;
use reqwest::Response;

use super::checksum::sha256;
use super::lock::Lock;
use super::part::Part;
use super::remote_file::RemoteFile;
use super::session::{Session, cause};
use super::{HubError, Meter};
use crate::hf_cache::RepoCache;

/// How often in a row a file may be cut off without a byte more.
const PATIENCE: u32 = 5;

/// See the module.
pub(super) struct Download<'a> {
    pub(super) session: &'a Session,
    pub(super) repo: &'a RepoCache,
    pub(super) file: &'a RemoteFile,
    pub(super) meter: &'a Meter,
}

impl Download<'_> {
    /// Gives the path of the contents.
    pub(super) async fn run(&self) -> Result<PathBuf, HubError> {
        let blob = self.repo.blob(&self.file.etag);
        if !self.is_there(&blob).await {
            let _lock = Lock::hold(&self.repo.lock(&self.file.etag)).await?;
            // Whoever held the lock may have fetched it.
            if !self.is_there(&blob).await {
                self.fetch(&blob).await?;
                return Ok(blob);
            }
        }
        self.meter.add(self.file.size);
        Ok(blob)
    }

    async fn is_there(&self, blob: &Path) -> bool {
        let found = tokio::fs::metadata(blob).await;
        found.is_ok_and(|found| found.is_file() && found.len() == self.file.size)
    }

    async fn fetch(&self, blob: &Path) -> Result<(), HubError> {
        let path = self.repo.part(&self.file.etag);
        let mut part = Part::open(&path).await?;
        if part.length() > self.file.size {
            part.clear().await?;
        }
        self.meter.add(part.length());
        let came = match self.fill(&mut part).await {
            Ok(()) => self.check(&path).await,
            failed => failed,
        };
        match came {
            Ok(()) => part.become_blob(blob).await,
            Err(error) => {
                self.meter.take_back(part.length());
                if is_of_no_use(&error) {
                    part.remove().await;
                }
                Err(error)
            }
        }
    }

    /// Fetches what is missing, however often it is cut off, as long as something comes.
    async fn fill(&self, part: &mut Part) -> Result<(), HubError> {
        let mut in_vain = 0;
        while part.length() != self.file.size {
            let before = part.length();
            let Err(error) = self.stream(part).await else { continue };
            in_vain = if part.length() > before { 0 } else { in_vain + 1 };
            if in_vain == PATIENCE || !may_pass(&error) {
                return Err(error);
            }
            tracing::warn!(done = part.length(), "{error} Going on by itself");
            tokio::time::sleep(self.session.retry_pause() * 2_u32.pow(in_vain)).await;
        }
        part.flush().await
    }

    /// One answer, from where we are to its end.
    async fn stream(&self, part: &mut Part) -> Result<(), HubError> {
        let mut response = match self.session.get(self.file.url.clone(), part.length()).await {
            Err(HubError::Unreachable { url, reason }) => return Err(self.cut(url, part, reason)),
            answer => answer?,
        };
        let url = response.url().to_string();
        if !self.goes_on(&response, part.length())? {
            self.meter.take_back(part.length());
            part.clear().await?;
        }
        loop {
            let piece = response.chunk().await.map_err(|error| self.cut(url.clone(), part, cause(&error)))?;
            let Some(piece) = piece else { break };
            part.append(&piece).await?;
            self.meter.add(piece.len() as u64);
            if part.length() > self.file.size {
                return Err(self.wrong_size(part.length()));
            }
        }
        if part.length() < self.file.size {
            Err(self.cut(url, part, "it ended early".to_owned()))
        } else {
            Ok(())
        }
    }

    /// Whether the answer goes on from byte `from`; else it starts over.
    fn goes_on(&self, response: &Response, from: u64) -> Result<bool, HubError> {
        match response.status() {
            StatusCode::PARTIAL_CONTENT => Ok(true),
            StatusCode::RANGE_NOT_SATISFIABLE => Err(self.wrong_size(from)),
            status if status.is_success() => Ok(from == 0),
            status => Err(HubError::Status {
                name: self.file.path.clone(),
                url: response.url().to_string(),
                status: status.as_u16(),
            }),
        }
    }

    async fn check(&self, part: &Path) -> Result<(), HubError> {
        let Some(expected) = self.file.sha256() else { return Ok(()) };
        let path = part.to_owned();
        let hashed = tokio::task::spawn_blocking(move || sha256(&path)).await;
        let found = hashed.unwrap_or_else(|error| Err(io::Error::other(error)));
        let found = found.map_err(|source| HubError::disk(part, &source))?;
        if found.eq_ignore_ascii_case(expected) {
            return Ok(());
        }
        Err(self.mismatch("the SHA-256", found, expected.to_owned()))
    }

    fn cut(&self, url: String, part: &Part, reason: String) -> HubError {
        HubError::Cut { file: self.file.path.clone(), url, done: part.length(), size: self.file.size, reason }
    }

    fn wrong_size(&self, found: u64) -> HubError {
        self.mismatch("a size of", found.to_string(), self.file.size.to_string())
    }

    fn mismatch(&self, what: &'static str, found: String, expected: String) -> HubError {
        let (file, url) = (self.file.path.clone(), self.file.url.to_string());
        HubError::Mismatch { file, url, what, found, expected }
    }
}

/// Whether it is worth asking again at once.
fn may_pass(error: &HubError) -> bool {
    match error {
        HubError::Cut { .. } => true,
        HubError::Status { status, .. } => *status == 429 || *status >= 500,
        _ => false,
    }
}

/// Whether what came is wrong, or takes up a disk that is full.
fn is_of_no_use(error: &HubError) -> bool {
    matches!(error, HubError::Mismatch { .. } | HubError::DiskFull { .. })
}
