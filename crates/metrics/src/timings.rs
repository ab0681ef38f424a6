//! How long things took, by what they were: a histogram of seconds for each word.

use std::time::Duration;

use crate::histogram::Histogram;

/// See the module. A word that never took any time isn't listed.
#[derive(Debug, Clone, Default)]
pub struct Timings(Vec<(&'static str, Histogram<16>)>);

impl Timings {
    /// One more took so long.
    pub fn observe(&mut self, word: &'static str, took: Duration) {
        let seconds = took.as_secs_f64();
        if let Some((_, seen)) = self.0.iter_mut().find(|(known, _)| *known == word) {
            return seen.observe(seconds);
        }
        let mut seen = Histogram::seconds();
        seen.observe(seconds);
        self.0.push((word, seen));
    }

    /// Words and their seconds, in the order in which they were first seen.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Histogram<16>)> {
        self.0.iter().map(|(word, seen)| (*word, seen))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_timed_apart() {
        let mut timings = Timings::default();
        for (word, millis) in [("a", 3), ("b", 5), ("a", 4)] {
            timings.observe(word, Duration::from_millis(millis));
        }
        let seen: Vec<_> = timings.iter().map(|(word, seen)| (word, seen.count())).collect();
        assert_eq!(seen, [("a", 2), ("b", 1)]);
    }
}
