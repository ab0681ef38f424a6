//! What the items of a call cost, and where the call may be cut.
//!
//! Kept as sums up to each item, so that any slice is weighed without looking at its texts again.

use std::ops::Range;

use crate::host_limits::Room;

/// See the module. It has at least one item.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Estimated tokens before each item, and after the last.
    tokens: Vec<u64>,
    /// What a host counts against its limit, before each item and after the last; one an item where absent.
    entries: Option<Vec<usize>>,
    /// Ends that a slice may have, in order; any where absent.
    cuts: Option<Vec<usize>>,
}

impl Batch {
    /// Items of these estimated tokens, which may be cut anywhere and count one each.
    pub(crate) fn new(tokens: impl Iterator<Item = u64>) -> Self {
        Self { tokens: sums(tokens), entries: None, cuts: None }
    }

    /// Items that count for several.
    pub(crate) fn with_entries(self, entries: impl Iterator<Item = u64>) -> Self {
        Self { entries: Some(sums(entries).into_iter().map(|sum| sum as usize).collect()), ..self }
    }

    /// Items that may be cut only where this many entries, or a multiple of it, are before.
    pub(crate) fn in_blocks(self, block: usize) -> Self {
        let len = self.len();
        let cuts = (1..len).filter(|&end| self.entries(&(0..end)).is_multiple_of(block)).chain([len]);
        Self { cuts: Some(cuts.collect()), ..self }
    }

    /// Items that can't be cut.
    pub(crate) fn in_one(self) -> Self {
        Self { cuts: Some(vec![self.len()]), ..self }
    }

    pub(crate) fn len(&self) -> usize {
        self.tokens.len() - 1
    }

    /// Estimated tokens of a slice.
    pub(crate) fn tokens(&self, items: &Range<usize>) -> f64 {
        (self.tokens[items.end] - self.tokens[items.start]) as f64
    }

    /// What a host counts for a slice.
    pub(crate) fn entries(&self, items: &Range<usize>) -> usize {
        self.entries.as_ref().map_or(items.len(), |sums| sums[items.end] - sums[items.start])
    }

    /// The end of the slice that a host should get from the front of these items: as much as keeps within so many
    /// estimated tokens, but something, and never more than so many entries. `None` where that can't be.
    pub(crate) fn cut(&self, items: &Range<usize>, tokens: f64, entries: usize) -> Option<usize> {
        let to = |end: usize| items.start..end;
        let fits = |end: usize| self.entries(&to(end)) <= entries;
        let light = |end: usize| self.tokens(&to(end)) <= tokens && fits(end);
        let (first, last) = self.ends(items, light);
        last.or_else(|| first.filter(|&end| fits(end)))
    }

    /// [`cut`](Self::cut) to what should fit; where nothing is as small, the smallest slice, if it may fit.
    pub(crate) fn cut_within(&self, items: &Range<usize>, tokens: f64, room: Room) -> Option<usize> {
        self.cut(items, tokens, room.entries).or_else(|| self.cut(items, 0.0, room.most))
    }

    /// The first end there is, and the last that `holds`; whether it does may change only once on the way.
    fn ends(&self, items: &Range<usize>, holds: impl Fn(usize) -> bool) -> (Option<usize>, Option<usize>) {
        let Some(cuts) = &self.cuts else {
            let end = last(items.len(), |at| holds(items.start + at + 1)).map(|at| items.start + at + 1);
            return (Some(items.start + 1), end);
        };
        let from = cuts.partition_point(|&end| end <= items.start);
        let cuts = &cuts[from..cuts.partition_point(|&end| end <= items.end)];
        (cuts.first().copied(), last(cuts.len(), |at| holds(cuts[at])).map(|at| cuts[at]))
    }
}

/// The last of so many for which it holds, where it holds for all before and none behind.
fn last(count: usize, holds: impl Fn(usize) -> bool) -> Option<usize> {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { low = middle + 1 } else { high = middle }
    }
    low.checked_sub(1)
}

fn sums(values: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut sum = 0;
    let running = values.map(|value| {
        sum += value;
        sum
    });
    [0].into_iter().chain(running).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_slice_keeps_within_tokens_and_entries_but_holds_something() {
        let batch = Batch::new([10, 20, 30, 40].into_iter());
        assert_eq!(batch.cut(&(0..4), 60.0, 9), Some(3));
        assert_eq!(batch.cut(&(1..4), 60.0, 9), Some(3));
        assert_eq!(batch.cut(&(0..4), 1e9, 2), Some(2));
        assert_eq!(batch.cut(&(3..4), 1.0, 9), Some(4), "one is dearer than the host should get");
        assert_eq!(batch.cut(&(0..4), 60.0, 0), None);
    }

    #[test]
    fn blocks_are_counted_in_entries() {
        let batch = Batch::new([1; 6].into_iter()).with_entries([1, 2, 1, 2, 2, 1].into_iter()).in_blocks(4);
        assert_eq!(batch.cut(&(0..6), 1.0, 100), Some(3), "four entries, one block");
        assert_eq!(batch.cut(&(0..6), 5.0, 100), Some(5));
        assert_eq!(batch.cut(&(3..6), 1.0, 4), Some(5));
        assert_eq!(batch.cut(&(0..6), 9.0, 3), None, "a host that doesn't take a block");
        assert_eq!(Batch::new([1; 6].into_iter()).in_one().cut(&(0..6), 1.0, 6), Some(6));
    }

    proptest! {
        #[test]
        fn the_cut_is_the_last_that_fits(
            items in prop::collection::vec((0u64..50, 1u64..4), 1..60),
            block in 1usize..5, budget in 0u32..500, limit in 0usize..40, start in 0usize..60,
        ) {
            let batch = Batch::new(items.iter().map(|item| item.0))
                .with_entries(items.iter().map(|item| item.1)).in_blocks(block);
            let cuts: Vec<_> = (1..=items.len()).filter(|&end| {
                end == items.len() || batch.entries(&(0..end)).is_multiple_of(block)
            }).collect();
            let start = cuts.iter().copied().chain([0]).nth(start % (cuts.len() + 1)).unwrap() % items.len();
            let ends: Vec<_> = cuts.iter().copied().filter(|&end| end > start).collect();
            let fits = |end: usize| batch.entries(&(start..end)) <= limit;
            let expected = ends.iter().copied().rfind(|&end| fits(end) && batch.tokens(&(start..end)) <= f64::from(budget))
                .or(ends.first().copied().filter(|&end| fits(end)));
            prop_assert_eq!(batch.cut(&(start..items.len()), f64::from(budget), limit), expected);
        }
    }
}
