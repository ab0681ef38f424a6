//! Limits both sides know by heart.

/// Longest text a service takes, in Unicode code points, unless `GPU_MAX_TEXT_LENGTH` says otherwise.
pub const MAX_TEXT_LENGTH: usize = 10_000;
/// Port a service listens on unless told otherwise.
pub const DEFAULT_PORT: u16 = 8765;
/// Longest `Retry-After` a bridge obeys, in seconds.
pub const MAX_RETRY_AFTER_SECONDS: u64 = 300;
