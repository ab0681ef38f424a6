//! The character map of a SentencePiece normaliser: which characters are written as which, compiled into a trie.
//!
//! The bytes are the length of the trie in bytes, the trie, and the texts that it points to, each closed by a zero. The trie
//! is a double array as Darts lays it out: 32-bit units, where a child's place is its parent's offset XOR its byte. A map that
//! could lead outside the array or into the middle of a character is refused when it is read, because the `tokenizers` crate
//! looks things up unchecked.

use crate::problem::Problem;

/// See the module.
#[derive(Debug, Clone, Default)]
pub(crate) struct Charsmap {
    units: Vec<Unit>,
    texts: String,
}

#[derive(Debug, Clone, Copy)]
struct Unit(u32);

impl Charsmap {
    /// Reads `precompiled_charsmap`; no bytes at all map nothing.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Problem> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(broken)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| broken())?;
        let (trie, texts) = rest.split_at_checked(length).ok_or_else(broken)?;
        let units = trie.chunks_exact(4).map(Unit::read).collect();
        let map = Self { units, texts: std::str::from_utf8(texts).map_err(|_| broken())?.to_owned() };
        if length % 4 == 0 && map.leads_nowhere_else() { Ok(map) } else { Err(broken()) }
    }

    /// What the longest beginning of `text` that the map has is written as, and the length of that beginning in bytes.
    pub(crate) fn longest(&self, text: &str) -> Option<(&str, usize)> {
        let mut node = self.units.first()?.offset();
        let mut found = None;
        for (index, byte) in text.bytes().enumerate().take_while(|(_, byte)| *byte != 0) {
            node ^= usize::from(byte);
            let unit = self.units.get(node)?;
            if unit.label() != u32::from(byte) {
                break;
            }
            node ^= unit.offset();
            if unit.has_leaf() && text.is_char_boundary(index + 1) {
                found = Some((self.text(node)?, index + 1));
            }
        }
        found
    }

    fn text(&self, leaf: usize) -> Option<&str> {
        let text = self.texts.get(self.units.get(leaf)?.value()..)?;
        text.split('\0').next()
    }

    /// Whether every place that any text can lead to lies within the array, and every leaf points to a whole character.
    fn leads_nowhere_else(&self) -> bool {
        let mut seen = vec![false; self.units.len()];
        let mut nodes: Vec<usize> = self.units.first().map(|root| root.offset()).into_iter().collect();
        while let Some(node) = nodes.pop() {
            if node | 0xff >= self.units.len() {
                return false;
            }
            for byte in 1..=0xff {
                let child = node ^ byte;
                let unit = self.units[child];
                if unit.label() as usize != byte || std::mem::replace(&mut seen[child], true) {
                    continue;
                }
                let inner = child ^ unit.offset();
                if unit.has_leaf() && self.text(inner).is_none() {
                    return false;
                }
                nodes.push(inner);
            }
        }
        !self.units.is_empty()
    }
}

impl Unit {
    fn read(bytes: &[u8]) -> Self {
        Self(bytes.iter().rev().fold(0, |unit, byte| unit << 8 | u32::from(*byte)))
    }

    fn has_leaf(self) -> bool {
        self.0 >> 8 & 1 == 1
    }

    fn value(self) -> usize {
        (self.0 & 0x7fff_ffff) as usize
    }

    fn label(self) -> u32 {
        self.0 & 0x8000_00ff
    }

    fn offset(self) -> usize {
        ((self.0 >> 10) as usize) << ((self.0 & 1 << 9) >> 6)
    }
}

fn broken() -> Problem {
    Problem::new("Its precompiled character map is broken; fetch the file again.")
}
