//! Cutting texts to a limit before their frame is put around them.
//!
//! The `tokenizers` crate could do it, but it keeps all that it cuts off in pieces of the limit's length, and for a pair every
//! combination of them: two long documents would take minutes and gigabytes. It also subtracts without looking where a frame
//! is longer than the limit.

use tokenizers::Encoding;
use tokenizers::utils::truncation::TruncationDirection;

/// How many tokens of each text of a pair stay where `room` is for both: the longer loses first, and once they are equally
/// long both do by turns. An odd token is the one's that was longer, the second's where neither was.
pub(crate) fn longest_first(first: usize, second: usize, room: usize) -> (usize, usize) {
    if first + second <= room {
        return (first, second);
    }
    let (short, half) = (first.min(second), room / 2);
    let short = if short <= half { short } else { half };
    let long = room - short;
    if first > second { (long, short) } else { (short, long) }
}

/// Leaves `keep` tokens of `encoding` and answers whether some were lost.
pub(crate) fn cut(encoding: &mut Encoding, keep: usize, from_left: bool) -> bool {
    let direction = if from_left { TruncationDirection::Left } else { TruncationDirection::Right };
    let lost = keep < encoding.len();
    encoding.truncate(keep, 0, direction);
    encoding.take_overflowing();
    lost
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_loses_first_and_then_both() {
        assert_eq!(longest_first(3, 4, 7), (3, 4));
        assert_eq!(longest_first(3, 9, 7), (3, 4));
        assert_eq!(longest_first(9, 3, 7), (4, 3));
        assert_eq!(longest_first(9, 8, 7), (4, 3));
        assert_eq!(longest_first(8, 8, 7), (3, 4));
        assert_eq!(longest_first(0, 9, 7), (0, 7));
        assert_eq!(longest_first(5, 5, 0), (0, 0));
    }
}
