//! A hash of whatever is written to it, so that a description of a whole vocabulary need not be kept.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// See the module.
#[derive(Default)]
pub(crate) struct Digest(Sha256);

impl fmt::Write for Digest {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text);
        Ok(())
    }
}

impl Digest {
    /// That of `bytes`.
    pub(crate) fn of(bytes: &[u8]) -> String {
        let mut digest = Self::default();
        digest.0.update(bytes);
        digest.hex()
    }

    /// The SHA-256 of what was written, in hexadecimal digits.
    pub(crate) fn hex(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
