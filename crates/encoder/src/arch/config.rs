//! Reading config.json: an architecture says what it expects there and what it can't follow.
//!
//! What is refused is refused by name and value, before any weight is read. A setting that was read over would give numbers
//! that look right and are not.

use gpu_bridge_checkpoint::ModelFolder;
use serde::de::DeserializeOwned;

use crate::Error;

/// An architecture's part of config.json.
pub(super) trait Config: DeserializeOwned {
    /// What can't be followed, as a full sentence.
    fn problem(&self) -> Option<String>;

    /// Reads the file of `folder` and refuses what can't be followed.
    fn load(folder: &ModelFolder) -> Result<Self, Error> {
        const FILE: &str = "config.json";
        let config: Self = folder.json(FILE)?;
        match config.problem() {
            Some(problem) => Err(folder.problem(FILE, problem).into()),
            None => Ok(config),
        }
    }
}
