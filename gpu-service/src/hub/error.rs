//! Why a model couldn't be fetched: what, from where, with which answer, and what to do.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::model_files::NoModel;
use crate::model_name::alternatives;

/// See the module.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// Nobody knows the model.
    #[error(
        "The hub knows no model {name} ({url} answered {status}). Check its name; a private model needs HF_TOKEN."
    )]
    NoSuchModel {
        /// As it was asked for, in all spellings.
        name: String,
        /// What was asked last.
        url: String,
        /// The answer's status.
        status: u16,
    },
    /// The model is there for others.
    #[error(
        "The hub doesn't give {name} to this service ({url} answered {status}): it is gated or private. Accept its terms on the hub, then set HF_TOKEN to a token of that account."
    )]
    Gated {
        /// As it was asked for.
        name: String,
        /// What was asked.
        url: String,
        /// The answer's status.
        status: u16,
    },
    /// The hub has something by that name that this service can't use.
    #[error("The hub's {name} {reason}. Name another model.")]
    NoModel {
        /// As it was asked for.
        name: String,
        /// The rest of the sentence.
        reason: NoModel,
    },
    /// The hub refused for another reason.
    #[error("{url} answered {status} when asked for {name}. Try again later.")]
    Status {
        /// The model or the file.
        name: String,
        /// What was asked.
        url: String,
        /// The answer's status.
        status: u16,
    },
    /// The hub can't be reached.
    #[error(
        "{url} can't be reached: {reason}. Check the network and HF_ENDPOINT, or put the model on this machine and set HF_HUB_OFFLINE=1."
    )]
    Unreachable {
        /// What was asked.
        url: String,
        /// What the connection said.
        reason: String,
    },
    /// The connection ended before the file did.
    #[error(
        "{file} from {url} was cut off after {done} of {size} bytes: {reason}. Ask again to go on from there."
    )]
    Cut {
        /// The file.
        file: String,
        /// Where it came from.
        url: String,
        /// Bytes that have come.
        done: u64,
        /// Bytes it has.
        size: u64,
        /// What the connection said.
        reason: String,
    },
    /// The answer isn't one of a hub.
    #[error("{url} gave no answer that can be used: {reason}. Check HF_ENDPOINT.")]
    Malformed {
        /// What was asked.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// What came isn't what the hub says the file is.
    #[error(
        "{file} from {url} came with {what} {found} instead of {expected}; it was thrown away. Try again."
    )]
    Mismatch {
        /// The file.
        file: String,
        /// Where it came from.
        url: String,
        /// The size or the checksum.
        what: &'static str,
        /// What came.
        found: String,
        /// What the hub says.
        expected: String,
    },
    /// The disk is full.
    #[error(
        "The disk is full: {} can't be written. Make room or point HF_HUB_CACHE to another disk.", path.display()
    )]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// The cache can't be written.
    #[error("{} can't be written: {reason}. Check HF_HUB_CACHE.", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

impl HubError {
    /// In the words of the protocol: what a retry may cure is `model_unavailable`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchModel { .. } | Self::Gated { .. } | Self::NoModel { .. } => "model_not_found",
            _ => "model_unavailable",
        }
    }

    /// The last of these names is unknown, and those before it were so too.
    pub(crate) fn for_all(self, names: &[String]) -> Self {
        match self {
            Self::NoSuchModel { url, status, .. } => {
                Self::NoSuchModel { name: alternatives(names), url, status }
            }
            other => other,
        }
    }

    pub(super) fn disk(path: &Path, source: &io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Disk { path, reason: source.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_from_a_closed_one() {
        let error = |kind: ErrorKind| HubError::disk(Path::new("/x"), &kind.into());
        assert!(error(ErrorKind::StorageFull).to_string().contains("disk is full"));
        assert!(error(ErrorKind::PermissionDenied).to_string().contains("HF_HUB_CACHE"));
        assert_eq!(error(ErrorKind::StorageFull).code(), "model_unavailable");
    }
}
