//! Which host pulls the next slice of a call that is spread over hosts, and how large it is.
//!
//! Every host that may be asked works on the call, two slices at a time, so that it never waits for the next one. The
//! host with the fewest slices is served first, and of equals the fastest. Weights don't count here: a host gets the
//! next slice as soon as it is done with one.

use crate::appraisal::Appraisal;
use crate::held::Held;
use crate::host::Host;
use crate::host_id::HostId;
use crate::hosts::Hosts;
use crate::slice_size::{self, Fleet};

/// Slices of one call on a host: one that is worked on, and one on its way.
const SLOTS: usize = 2;

/// The host for the next slice; `None` where all have enough. `held` are the slices each host has of the call.
pub(crate) fn next(hosts: &Hosts, best: &[HostId], held: &Held, appraisal: &Appraisal<'_>) -> Option<HostId> {
    let open = best.iter().copied().filter(|id| held.by(*id) < slots(&hosts[*id]));
    open.min_by(|a, b| {
        let fewest = held.by(*a).cmp(&held.by(*b));
        fewest.then_with(|| appraisal.speed(*b).total_cmp(&appraisal.speed(*a)))
    })
}

/// A host that takes no more requests would refuse a second slice; a first one is always offered.
fn slots(host: &Host) -> usize {
    if (host.traffic.in_flight as usize) < host.limits.concurrent() { SLOTS } else { 1 }
}

/// Estimated tokens of the next slice for a host, where so many are left.
pub(crate) fn share(id: HostId, best: &[HostId], appraisal: &Appraisal<'_>, left: f64) -> f64 {
    slice_size::slice(appraisal.measured(id), left, fleet(best, appraisal))
}

/// The hosts that work on the call.
pub(crate) fn fleet(best: &[HostId], appraisal: &Appraisal<'_>) -> Fleet {
    let speed = best.iter().map(|&id| appraisal.speed(id)).sum();
    let proven = best.iter().filter_map(|&id| appraisal.measured(id)).sum();
    Fleet { hosts: best.len(), speed, proven }
}
