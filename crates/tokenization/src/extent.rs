//! How far the vocabulary of a tokenizer.json goes, found out without keeping any of it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::problem::Problem;
use crate::sentencepiece::LONGEST_PIECE;

/// Ids beyond it belong to no vocabulary, and the `tokenizers` crate adds to the largest in 32 bits.
pub(crate) const IDS: u32 = 1 << 30;

/// See the module.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Bytes of the longest piece of a unigram model.
    longest: usize,
    /// The largest id of any other.
    largest: u32,
}

impl Extent {
    pub(crate) fn check(self) -> Result<(), Problem> {
        if self.longest > LONGEST_PIECE {
            return Err(Problem::new(format!(
                "It has a piece of {} bytes; {LONGEST_PIECE} is the most.",
                self.longest
            )));
        }
        if self.largest >= IDS {
            return Err(Problem::new(format!("It has a token with the id {}.", self.largest)));
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Extent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Entries)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Extent;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of pieces with their scores, or tokens with their ids")
    }

    fn visit_unit<E>(self) -> Result<Extent, E> {
        Ok(Extent::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Extent, A::Error> {
        let mut extent = Extent::default();
        while let Some((piece, _)) = entries.next_element::<(String, IgnoredAny)>()? {
            extent.longest = extent.longest.max(piece.len());
        }
        Ok(extent)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Extent, A::Error> {
        let mut extent = Extent::default();
        while let Some((_, id)) = entries.next_entry::<IgnoredAny, u32>()? {
            extent.largest = extent.largest.max(id);
        }
        Ok(extent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(json: &str) -> Extent {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn both_forms_are_measured() {
        assert_eq!(extent(r#"[["a",0],["abc",-1.5]]"#), Extent { longest: 3, largest: 0 });
        assert_eq!(extent(r#"{"a":7,"b":2}"#), Extent { longest: 0, largest: 7 });
    }

    #[test]
    fn too_much_is_refused() {
        let long = format!(r#"[["{}",0]]"#, "a".repeat(LONGEST_PIECE + 1));
        assert!(extent(&long).check().is_err());
        assert!(extent(r#"{"a":1073741824}"#).check().is_err());
        assert!(extent(r#"{"a":1073741823}"#).check().is_ok());
    }
}
