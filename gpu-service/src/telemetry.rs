//! The log: one line an event, on stderr, so that stdout has nothing but the line that says we are ready.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;
use crate::environment::variable;

/// Starts logging. `RUST_LOG` says how much; without it, `info`.
pub fn init(format: LogFormat) {
    let said = variable(EnvFilter::DEFAULT_ENV).and_then(|said| EnvFilter::try_new(said.to_str()?).ok());
    let filter = said.unwrap_or_else(|| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let log = log.with_ansi(io::stderr().is_terminal());
    // Logging may be set up already, by a test or an embedding program; theirs then stays.
    let started = match format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().try_init(),
    };
    drop(started);
}
