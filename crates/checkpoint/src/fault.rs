//! What is wrong with bytes, before it is known which file they are of.
//!
//! The readers work on slices and know no paths; [`Fault::of`] makes an [`Error`] of their complaint at the border. Text that
//! comes from the file is escaped and cut by [`shown`], so that a hostile name can't flood or forge a log.

use std::path::Path;

use crate::Error;

/// Characters of a foreign name that a message shows.
const SHOWN: usize = 120;

/// A complaint about bytes; every text but [`Fault::Unsafe`]'s is a full sentence.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The bytes contradict their format.
    Damaged(String),
    /// The bytes are in order, but say something that can't be followed.
    Unsupported(String),
    /// The name of what a pickle asks for and must not get.
    Unsafe(String),
}

impl Fault {
    pub(crate) fn damaged(problem: impl Into<String>) -> Self {
        Self::Damaged(problem.into())
    }

    /// The same complaint, about the file at `path`.
    pub(crate) fn of(self, path: &Path) -> Error {
        let path = path.to_owned();
        match self {
            Self::Damaged(problem) => Error::Damaged { path, problem },
            Self::Unsupported(problem) => Error::Config { path, problem },
            Self::Unsafe(name) => Error::UnsafePickle { path, name },
        }
    }
}

/// `foreign` without control characters and not longer than a line.
pub(crate) fn shown(foreign: &str) -> String {
    let mut characters = foreign.chars();
    let head: String = characters.by_ref().take(SHOWN).map(printable).collect();
    let rest = if characters.next().is_some() { "…" } else { "" };
    head + rest
}

fn printable(character: char) -> String {
    match character {
        '"' | '\'' | '\\' => character.to_string(),
        other => other.escape_debug().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_escaped_and_cut() {
        assert_eq!(shown("os.system \"x\""), "os.system \"x\"");
        assert_eq!(shown("a\nERROR \u{1b}[31m"), "a\\nERROR \\u{1b}[31m");
        assert_eq!(shown(&"x".repeat(500)).chars().count(), SHOWN + 1);
    }
}
