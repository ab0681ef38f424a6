//! What the reference's padding does to a score.
//!
//! bert-score matches the pairs of a call in blocks of 64, in the order of the call, and pads each side of a block to its
//! longest text. A token's similarity to padding counts as 0, so where the other side is padded no token's best is below 0;
//! on odd texts that moves a score by up to 0.01. Answers equal the reference's only if this is kept, and it is a property of
//! the call, not of how the work is batched here: hence it is worked out for the whole call, from the lengths alone.

/// Pairs the reference matches at a time, its `batch_size`.
const BLOCK: usize = 64;

/// Which sides of a pair the reference pads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Padded {
    /// The candidate is shorter than another of its block.
    pub candidate: bool,
    /// The reference is shorter than another of its block.
    pub reference: bool,
}

/// For each pair of a call, in its order; `lengths` are the tokens of its candidate and its reference.
pub fn padded(lengths: &[(usize, usize)]) -> Vec<Padded> {
    lengths.chunks(BLOCK).flat_map(block).collect()
}

fn block(lengths: &[(usize, usize)]) -> Vec<Padded> {
    let longest = |side: fn(&(usize, usize)) -> usize| lengths.iter().map(side).max().unwrap_or(0);
    let (candidates, references) = (longest(|pair| pair.0), longest(|pair| pair.1));
    let of = |&(candidate, reference): &(usize, usize)| Padded {
        candidate: candidate < candidates,
        reference: reference < references,
    };
    lengths.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_of_a_block_of_64_is_not_padded() {
        let mut lengths = vec![(3, 9); 64];
        lengths[10] = (7, 2);
        lengths.push((3, 2));
        let padded = padded(&lengths);
        assert_eq!(padded[0], Padded { candidate: true, reference: false });
        assert_eq!(padded[10], Padded { candidate: false, reference: true });
        assert_eq!(padded[64], Padded::default(), "alone in its block");
    }
}
