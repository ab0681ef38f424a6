//! How many of a host's last requests went well: a count over half a minute, in a ring of buckets.
//!
//! Failures in a row never add up for a host that fails every other request, so the ratio is watched beside them. A
//! verdict needs a number of requests, or one failure of a quiet host would be a hundred percent. The memory is bounded
//! by the ring: what happened is forgotten a bucket at a time, after 27 to 30 s.

use std::time::Duration;

use tokio::time::Instant;

const BUCKETS: usize = 10;
/// Of one bucket.
const SPAN: Duration = Duration::from_secs(3);
/// Requests that a verdict needs. At this number a host that serves four of five has one chance in two thousand to be
/// taken for one that serves less than half.
const FLOOR: u32 = 20;
/// The least ratio of a sound host.
const LEAST: f64 = 0.5;

#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    /// Which span since the epoch it counts.
    span: u128,
    good: u32,
    bad: u32,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct SuccessRatio {
    /// The first event.
    epoch: Option<Instant>,
    ring: [Bucket; BUCKETS],
}

impl SuccessRatio {
    /// Counts a request that went well or badly.
    pub(crate) fn record(&mut self, good: bool, now: Instant) {
        let span = self.span(now);
        let bucket = &mut self.ring[(span % BUCKETS as u128) as usize];
        if bucket.span < span {
            *bucket = Bucket { span, ..Bucket::default() };
        }
        let count = if good { &mut bucket.good } else { &mut bucket.bad };
        *count = count.saturating_add(1);
    }

    /// Whether there were enough requests, and less than half of them went well.
    pub(crate) fn is_bad(&mut self, now: Instant) -> bool {
        let (good, bad) = self.counts(now);
        let all = good.saturating_add(bad);
        all >= FLOOR && f64::from(good) < LEAST * f64::from(all)
    }

    fn counts(&mut self, now: Instant) -> (u32, u32) {
        let span = self.span(now);
        let recent = self.ring.iter().filter(|bucket| bucket.span + BUCKETS as u128 > span);
        recent.fold((0, 0), |(good, bad), bucket| {
            (bucket.good.saturating_add(good), bucket.bad.saturating_add(bad))
        })
    }

    fn span(&mut self, now: Instant) -> u128 {
        let epoch = *self.epoch.get_or_insert(now);
        now.saturating_duration_since(epoch).as_nanos() / SPAN.as_nanos()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn after(good: u32, bad: u32) -> bool {
        let (mut ratio, now) = (SuccessRatio::default(), Instant::now());
        (0..good).for_each(|_| ratio.record(true, now));
        (0..bad).for_each(|_| ratio.record(false, now));
        ratio.is_bad(now)
    }

    #[test]
    fn less_than_half_of_enough_requests_is_bad() {
        assert!(after(9, 11) && after(0, FLOOR));
        assert!(!after(10, 10), "half is enough");
        assert!(!after(0, FLOOR - 1), "too few to tell");
    }

    #[test]
    fn what_is_half_a_minute_old_is_forgotten() {
        let (mut ratio, now) = (SuccessRatio::default(), Instant::now());
        (0..FLOOR).for_each(|_| ratio.record(false, now));
        assert!(ratio.is_bad(now + Duration::from_secs(29)));
        assert!(!ratio.is_bad(now + Duration::from_secs(30)));
    }

    proptest! {
        #[test]
        fn it_counts_what_happened_in_the_last_27_to_30_seconds(
            events in prop::collection::vec((any::<bool>(), 0u64..9_000), 1..300),
        ) {
            let (mut ratio, mut now) = (SuccessRatio::default(), Instant::now());
            let mut all = vec![];
            for (good, gap) in events {
                now += Duration::from_millis(gap);
                ratio.record(good, now);
                all.push((good, now));
                let counted = |wanted: bool, seconds: u64| {
                    let young = |at: Instant| now - at < Duration::from_secs(seconds);
                    all.iter().filter(|&&(good, at)| good == wanted && young(at)).count() as u32
                };
                let (good, bad) = ratio.counts(now);
                prop_assert!((counted(true, 27)..=counted(true, 30)).contains(&good));
                prop_assert!((counted(false, 27)..=counted(false, 30)).contains(&bad));
            }
        }
    }
}
