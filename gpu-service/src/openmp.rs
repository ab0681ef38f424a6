//! How libtorch's threads on the processor wait for each other.
//!
//! libgomp's way is to spin for as long as it takes. Where the processor has other work too (a second service, a build, a
//! gateway) most of that is waiting for a thread that can't run because others spin: MiniLM then runs at a half or a third of
//! what it does when threads spin for some microseconds only and then sleep, and on an idle machine that costs nothing.
//! libgomp reads its settings once, as it is loaded, which is before `main`: so a process that was started without them
//! replaces itself by one that has them.

/// The settings that say how to wait; whoever starts the service may have chosen already.
const SETTINGS: [&str; 2] = ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT"];
/// Turns of the loop before a thread sleeps, about 0.1 ms: as long as the gaps between a model's operations.
const SPINS: &str = "10000";

/// Replaces this process, with the same arguments and id, unless the settings are there. Goes on as it is where that fails.
#[cfg(unix)]
pub fn spin_briefly() {
    use std::os::unix::process::CommandExt;

    use crate::environment::variable;

    if SETTINGS.iter().any(|name| variable(name).is_some()) {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let mut arguments = std::env::args_os();
    let mut command = std::process::Command::new(program);
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    // libgomp complains of empty ones, each time it is loaded.
    for (name, _) in std::env::vars_os().filter(|(_, value)| value.is_empty()) {
        command.env_remove(name);
    }
    // Comes back only with an error, and spinning is no reason not to serve.
    drop(command.args(arguments).env(SETTINGS[1], SPINS).exec());
}

/// Other systems' OpenMP isn't libgomp.
#[cfg(not(unix))]
pub fn spin_briefly() {}
