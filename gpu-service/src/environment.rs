//! Variables that are set to nothing are not set: systemd's `EnvironmentFile` and docker-compose pass on what a file leaves
//! blank.

use std::env;
use std::ffi::{OsStr, OsString};

use clap::Command;
use clap::builder::Resettable;

/// A variable's value, unless it is empty.
pub fn variable(name: impl AsRef<OsStr>) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// The command without its options' empty variables, so that their defaults hold. An empty value on the command line stays
/// what it is.
pub fn without_blanks(command: Command) -> Command {
    command.mut_args(|option| match option.get_env().map(variable) {
        Some(None) => option.env(Resettable::Reset),
        _ => option,
    })
}
