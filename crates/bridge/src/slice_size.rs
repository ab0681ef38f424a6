//! How much of a call a host gets at a time, and whether cutting it up pays at all.
//!
//! Slices are pulled: a host that is done gets the next one. So nothing has to be known of the future, as long as the
//! last slices are short, for the call is done when the last of them is. A slice is a part of the host's fair share
//! of what is left, so that slices shrink towards the end; it lasts no longer than [`LONGEST`], which bounds what a
//! failure repeats, and no shorter than [`SHORTEST`], below which a request costs more than it carries.
//!
//! A call goes to one host whole where all hosts that were measured would together be done with it within [`SHORTEST`], for
//! then every slice would be shorter than that; and where it is no larger than [`FIRST`], which hosts whose speed nobody has
//! measured get first. A host that is alone gets much more at a time: cutting makes it no faster, and one job with its
//! progress is easier to follow than many; a bound remains for what a failure repeats and an answer takes in memory.

/// Estimated tokens of a first slice.
const FIRST: f64 = 2048.0;
/// Estimated tokens of the smallest slice. A host that takes long for any request seems slow as long as its requests are
/// small; without this they would stay so.
const LEAST: f64 = 512.0;
/// Seconds of the host's work.
const SHORTEST: f64 = 0.05;
const LONGEST: f64 = 1.0;
/// Estimated tokens and seconds that a host which is alone gets at a time at least; the larger counts.
const ALONE: f64 = 65_536.0;
const ALONE_SECONDS: f64 = 10.0;
/// The part of its fair share of what is left that a host gets at a time.
const PART: f64 = 0.25;

/// The hosts that a call is spread over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fleet {
    pub(crate) hosts: usize,
    /// Estimated tokens a second, all hosts together.
    pub(crate) speed: f64,
    /// The same of those that were measured.
    pub(crate) proven: f64,
}

/// Whether a call of so many estimated tokens goes to one host.
pub(crate) fn is_whole(tokens: f64, fleet: Fleet) -> bool {
    match fleet.hosts {
        1 => tokens <= alone(fleet.proven),
        _ => tokens <= FIRST.max(fleet.proven * SHORTEST),
    }
}

/// Estimated tokens of the next slice for a host of this `speed`, which is absent where nobody has measured it;
/// `left` is what no host has yet.
pub(crate) fn slice(speed: Option<f64>, left: f64, fleet: Fleet) -> f64 {
    match speed {
        _ if fleet.hosts == 1 => alone(fleet.proven),
        None => FIRST,
        Some(speed) => {
            let part = left * PART * speed / fleet.speed;
            LEAST.max(part.clamp(speed * SHORTEST, speed * LONGEST))
        }
    }
}

/// Estimated tokens at a time for a host that is alone.
fn alone(speed: f64) -> f64 {
    ALONE.max(speed * ALONE_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLEET: Fleet = Fleet { hosts: 3, speed: 120_000.0, proven: 120_000.0 };

    #[test]
    fn what_is_done_in_a_moment_goes_whole() {
        assert!(is_whole(6_000.0, FLEET) && !is_whole(6_001.0, FLEET));
        assert!(
            is_whole(2_048.0, Fleet { hosts: 2, speed: 1e12, proven: 0.0 }),
            "no larger than a first slice"
        );
        let alone = Fleet { hosts: 1, speed: 1e12, proven: 10_000.0 };
        assert!(is_whole(100_000.0, alone) && !is_whole(100_001.0, alone));
        assert_eq!(slice(Some(10_000.0), 1e9, alone), 100_000.0);
    }

    #[test]
    fn slices_follow_the_speed_and_shrink_towards_the_end() {
        let sizes = [1e9, 400_000.0, 200_000.0, 100.0].map(|left| slice(Some(40_000.0), left, FLEET));
        assert_eq!(sizes.map(f64::round), [40_000.0, 33_333.0, 16_667.0, 2_000.0]);
        assert_eq!(slice(None, 1e9, FLEET), FIRST);
        assert_eq!(slice(Some(10.0), 1e9, FLEET), LEAST, "seen with small requests only");
    }
}
