//! What a [`Plan`](crate::plan::Plan) needs of the world: hosts that take slices, and a budget that pays for retries.
//!
//! In production the [`Market`](crate::market::Market) of the pool; in the plan's tests a few numbers.

use std::time::Duration;

use tokio::time::Instant;

use crate::held::Held;
use crate::host_id::{HostId, Named};
use crate::host_limits::Room;
use crate::identity::Identity;
use crate::pick::Pick;
use crate::tried::Tried;

/// A host's readiness for one slice. Dropping it takes nothing from the host.
pub(crate) trait Offer {
    /// Whose it is.
    fn host(&self) -> Named<'_>;

    /// What the host may be given: estimated tokens, and entries.
    fn grant(&self) -> (f64, Room);
}

/// See the module.
pub(crate) trait Supply {
    /// A host that takes a slice.
    type Offer: Offer;

    /// The host for so many estimated tokens; `held` are the slices that each has of the call, where it is spread.
    fn pick(&self, tried: &Tried, tokens: f64, held: Option<&Held>, now: Instant) -> Pick<Self::Offer>;

    /// As what hosts have answered such work before, and how fast.
    fn identities(&self, now: Instant) -> Vec<(HostId, f64, Identity)>;

    /// Takes a retry from the budget of calls that are spread, or of others; `false` where that is spent.
    fn pay(&self, spread: bool) -> bool;

    /// A host has refused a request of so many entries.
    fn refused(&self, host: HostId, entries: usize);

    /// A random number, 0 to 1.
    fn jitter(&self) -> f64;

    /// Every host wants to be left alone, the first for so long.
    fn waits(&self, pause: Duration);
}
