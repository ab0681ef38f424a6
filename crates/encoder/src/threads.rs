//! How many processor threads one operation of libtorch may use.
//!
//! libtorch's own default is every logical processor. Two hyper-threads share one multiplier, so the physical cores are
//! the better default. The threads come from libgomp, which keeps a team for every thread that ever ran an operation:
//! run models from one thread, or the teams compete for the cores. A team's threads wait for each other by spinning, which
//! is quick on an idle machine and ruinous on a busy one: with as much other work as cores, two threads did a fifth of what
//! one did. `OMP_WAIT_POLICY=passive` or a small `GOMP_SPINCOUNT` cures that, but libgomp reads them when it is loaded, so
//! they have to be in the environment before the process starts.

use std::collections::BTreeSet;

/// Sets the number of threads of each libtorch operation, for the whole process; 0 counts as 1.
pub fn use_threads(n: usize) {
    tch::set_num_threads(i32::try_from(n.max(1)).unwrap_or(i32::MAX));
}

/// Physical cores this process may use, at least 1.
pub fn physical_cores() -> usize {
    let allowed = std::thread::available_parallelism().map_or(1, usize::from);
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    match distinct_cores(&info) {
        0 => allowed,
        cores => cores.min(allowed),
    }
}

/// Distinct pairs of socket and core; 0 where the kernel does not list them.
fn distinct_cores(info: &str) -> usize {
    let field = |block: &str, key: &str| {
        let line = block.lines().find(|line| line.starts_with(key))?;
        line.split_once(':')?.1.trim().parse::<u32>().ok()
    };
    let pairs: BTreeSet<_> = info
        .split("\n\n")
        .filter_map(|block| Some((field(block, "physical id")?, field(block, "core id")?)))
        .collect();
    pairs.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hyper_threads_count_once_and_sockets_apart() {
        let block =
            |socket, core| format!("processor\t: 0\nphysical id\t: {socket}\ncore id\t\t: {core}\n\n");
        let info: String =
            [(0, 0), (0, 1), (0, 0), (1, 0)].map(|(socket, core)| block(socket, core)).concat();
        assert_eq!(distinct_cores(&info), 3);
        assert_eq!(distinct_cores("processor : 0\n\n"), 0);
        assert!(physical_cores() >= 1);
    }

    #[test]
    fn the_number_of_threads_is_set_and_never_zero() {
        use_threads(0);
        assert_eq!(tch::get_num_threads(), 1);
        use_threads(physical_cores());
        assert_eq!(tch::get_num_threads(), i32::try_from(physical_cores()).unwrap());
    }
}
