//! Counts by key, for a handful of keys: a list is quicker than a map, and smaller.

/// See the module. A key that was never counted isn't listed.
#[derive(Debug, Clone)]
pub struct Tally<K>(Vec<(K, u64)>);

impl<K> Default for Tally<K> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Copy + Eq> Tally<K> {
    /// Counts one more.
    pub fn count(&mut self, key: K) {
        self.add(key, 1);
    }

    /// Counts so many more.
    pub fn add(&mut self, key: K, more: u64) {
        match self.0.iter_mut().find(|(known, _)| *known == key) {
            Some((_, count)) => *count += more,
            None => self.0.push((key, more)),
        }
    }

    /// The count.
    pub fn of(&self, key: K) -> u64 {
        self.iter().find(|(known, _)| *known == key).map_or(0, |(_, count)| count)
    }

    /// All keys together.
    pub fn sum(&self) -> u64 {
        self.iter().map(|(_, count)| count).sum()
    }

    /// Keys and their counts, in the order in which they were first counted.
    pub fn iter(&self) -> impl Iterator<Item = (K, u64)> {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_counted_apart_and_listed_once() {
        let mut tally = Tally::default();
        tally.count("a");
        tally.add("b", 2);
        tally.count("a");
        assert_eq!(tally.iter().collect::<Vec<_>>(), [("a", 2), ("b", 2)]);
        assert_eq!((tally.of("a"), tally.of("c"), tally.sum()), (2, 0, 4));
    }
}
