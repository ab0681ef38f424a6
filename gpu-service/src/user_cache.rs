//! Where a user's tools keep what can be fetched again.

use std::env;
use std::path::PathBuf;

use crate::environment::variable;

/// `.cache` in the home folder.
pub fn home_cache() -> PathBuf {
    env::home_dir().unwrap_or_default().join(".cache")
}

/// `XDG_CACHE_HOME`, else [`home_cache`]: where the hub's own tools put their cache.
pub fn user_cache() -> PathBuf {
    let named = variable("XDG_CACHE_HOME").map(PathBuf::from);
    named.filter(|path| path.is_absolute()).unwrap_or_else(home_cache)
}
