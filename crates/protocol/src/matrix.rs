//! A matrix of numbers as JSON has it, read straight into one block.
//!
//! Nearly all bytes of vectors in JSON are digits. A reader for any JSON takes twice as long for them and makes a list
//! of each row. This one knows only lists of lists of numbers, and gives up at everything else. Numbers such as a
//! vector's, with one digit before the point, are read sixteen bytes at once: their lengths vary, and a processor that
//! goes from digit to digit guesses wrong at the end of nearly every one.

/// Digits that fit 64 bits.
const DIGITS: usize = 19;
/// Bytes of a number of a vector, with its comma.
const USUAL_BYTES: usize = 10;
/// Numbers that there is room for from the beginning, if there may be as many.
const MOST_AHEAD: usize = 4096;
/// One in every byte.
const EACH_BYTE: u128 = u128::MAX / 0xff;
/// Sixteen digits 0.
const ZEROS: u128 = b'0' as u128 * EACH_BYTE;
/// Powers of ten that a double holds exactly.
const POWERS: [f64; DIGITS + 1] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19,
];

/// Numbers, row after row.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Matrix {
    pub(crate) data: Vec<f32>,
    /// Length of each row.
    pub(crate) columns: usize,
}

impl Matrix {
    /// Reads the matrix that the text begins with, and gives what is behind it. `None` where it begins with anything
    /// else, also with rows of unequal length.
    pub(crate) fn read(text: &[u8]) -> Option<(Self, &[u8])> {
        let mut data = Vec::with_capacity((text.len() / USUAL_BYTES).min(MOST_AHEAD));
        let mut columns = None;
        let rest = list(text, |row| {
            let before = data.len();
            let rest = list(row, |text| {
                let (number, rest) = number(text)?;
                data.push(number);
                Some(rest)
            })?;
            let length = data.len() - before;
            (*columns.get_or_insert(length) == length).then_some(rest)
        })?;
        Some((Self { data, columns: columns.unwrap_or(0) }, rest))
    }
}

/// Reads a list whose items `item` reads; both give what is behind.
fn list<'a>(text: &'a [u8], mut item: impl FnMut(&'a [u8]) -> Option<&'a [u8]>) -> Option<&'a [u8]> {
    let mut rest = text.trim_ascii_start().strip_prefix(b"[")?.trim_ascii_start();
    if let Some(behind) = rest.strip_prefix(b"]") {
        return Some(behind);
    }
    loop {
        rest = item(rest)?.trim_ascii_start();
        match rest.split_first()? {
            (b',', behind) => rest = behind.trim_ascii_start(),
            (b']', behind) => return Some(behind),
            _ => return None,
        }
    }
}

/// Reads a number. Up to nine digits it is the nearest there is; of more, those that a wider number was printed with,
/// it is the one they came from.
fn number(text: &[u8]) -> Option<(f32, &[u8])> {
    short(text).or_else(|| long(text))
}

/// A number as nearly all are: one digit, a point, digits that together with the first fit 64 bits. Not the last one of
/// the text.
#[inline]
fn short(text: &[u8]) -> Option<(f32, &[u8])> {
    let minus = usize::from(text.first() == Some(&b'-'));
    let (&[whole, b'.', ref first @ ..], behind) = text.get(minus..)?.split_first_chunk::<18>()? else {
        return None;
    };
    let whole = whole.wrapping_sub(b'0');
    let first = u128::from_le_bytes(*first) ^ ZEROS;
    let (all, places) = match leading_digits(first) {
        0 => return None,
        16 => {
            let (all, more) = gather(u64::from(whole) * 10_000_000_000_000_000 + sixteen(first), behind);
            (all as f64, 16 + more)
        }
        some => (sixteen(first << (8 * (16 - some))) as f64 + f64::from(whole) * POWERS[some], some),
    };
    let behind = text.get(minus + 2 + places..)?;
    let most = DIGITS - usize::from(whole > 0);
    if whole > 9 || places > most || matches!(behind.first(), Some(b'e' | b'E')) {
        return None;
    }
    let value = all / POWERS[places];
    Some((f32::from_bits((value as f32).to_bits() | (minus as u32) << 31), behind))
}

/// How many of the bytes, from the lowest on, are 0 to 9. A byte above 0x89 carries into those behind it, which don't
/// count any more.
fn leading_digits(bytes: u128) -> usize {
    const ABOVE_NINE: u128 = 0x76 * EACH_BYTE;
    const TOP_BITS: u128 = 0x80 * EACH_BYTE;
    let others = (bytes.wrapping_add(ABOVE_NINE) | bytes) & TOP_BITS;
    others.trailing_zeros() as usize / 8
}

/// The number that sixteen digits make, the lowest byte first.
fn sixteen(digits: u128) -> u64 {
    100_000_000 * eight(digits as u64) + eight((digits >> 64) as u64)
}

/// The number that eight digits make, the lowest byte first: pairs, then fours, then all, each in one multiplication.
fn eight(digits: u64) -> u64 {
    let pairs = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    (fours * 10_000 + (fours >> 32)) & 0xffff_ffff
}

/// Any number.
#[cold]
fn long(text: &[u8]) -> Option<(f32, &[u8])> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let (whole, length) = gather(0, digits);
    let (value, behind) = match digits[length..].strip_prefix(b".") {
        None => (whole as f64, &digits[length..]),
        Some(fraction) => {
            let (all, places) = gather(whole, fraction);
            if places == 0 || length + places > DIGITS + usize::from(digits[0] == b'0') {
                return uncommon(text);
            }
            (all as f64 / POWERS[places], &fraction[places..])
        }
    };
    let plain = (1..=DIGITS).contains(&length) && (length == 1 || digits[0] != b'0');
    if !plain || matches!(behind.first(), Some(b'e' | b'E')) {
        return uncommon(text);
    }
    let sign = if digits.len() < text.len() { -1.0 } else { 1.0 };
    Some(((sign * value) as f32, behind))
}

/// Takes the digits in front into the number that those before them make, and counts them.
fn gather(mut sum: u64, text: &[u8]) -> (u64, usize) {
    for (at, byte) in text.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return (sum, at);
        }
        sum = sum.wrapping_mul(10).wrapping_add(digit.into());
    }
    (sum, text.len())
}

/// Numbers with an exponent or with very many digits, and what is no number.
fn uncommon(text: &[u8]) -> Option<(f32, &[u8])> {
    let part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    let (number, rest) = text.split_at(text.iter().position(|byte| !part(byte)).unwrap_or(text.len()));
    Some((serde_json::from_slice::<f64>(number).ok()? as f32, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<(Vec<f32>, usize)> {
        let (matrix, rest) = Matrix::read(text.as_bytes())?;
        rest.is_empty().then_some((matrix.data, matrix.columns))
    }

    proptest! {
        #[test]
        fn every_number_comes_back(rows in prop::collection::vec(prop::array::uniform3(any::<f32>()), 0..9)) {
            let rows: Vec<_> = rows.iter().map(|row| row.map(|x| if x.is_finite() { x } else { 0.5 })).collect();
            let columns = if rows.is_empty() { 0 } else { 3 };
            let expected = (rows.concat(), columns);
            prop_assert_eq!(&read(&serde_json::to_string(&rows).unwrap()).unwrap(), &expected);
            let wide: Vec<_> = rows.iter().map(|row| row.map(f64::from)).collect();
            prop_assert_eq!(read(&serde_json::to_string_pretty(&wide).unwrap()).unwrap(), expected);
        }

        #[test]
        fn what_json_takes_and_what_it_does_not_is_told_apart(number in "-?[0-9]{0,3}[.]?[0-9]{0,22}(e[+-]?[0-9]{0,2})?") {
            let ours = read(&format!("[[{number}]]")).and_then(|(data, _)| data.first().copied());
            let theirs = serde_json::from_str::<f64>(&number).ok().map(|number| number as f32);
            prop_assert_eq!(ours, theirs, "{}", number);
        }

        #[test]
        fn bytes_of_every_kind_end_a_number(
            sign in "-?", digits in "[0-9][.][0-9]{1,18}", rest in prop::array::uniform17(any::<u8>()),
        ) {
            let text = [sign.as_bytes(), digits.as_bytes(), &rest].concat();
            prop_assert_eq!(short(&text), short(&text).and(long(&text)), "{:?}", text);
            let sure = !matches!(rest[0], b'0'..=b'9' | b'e' | b'E');
            prop_assert!(short(&text).is_some() || !sure, "{:?}", text);
        }

        #[test]
        fn no_text_is_read_beyond_its_end(text in "[\\[\\], 0-9.e-]{0,12}") {
            let theirs = serde_json::from_str::<Vec<Vec<f32>>>(&text);
            if let Some((data, _)) = read(&text) {
                prop_assert_eq!(data, theirs.unwrap().concat());
            }
        }
    }

    #[test]
    fn rows_of_unequal_length_are_none() {
        assert_eq!(read("[[1,2],[3]]"), None);
        assert_eq!(read(" [ [ 1 , 2 ] , [ 3 , 4e0 ] ]"), Some((vec![1.0, 2.0, 3.0, 4.0], 2)));
        assert_eq!((read("[]"), read("[[],[]]")), (Some((vec![], 0)), Some((vec![], 0))));
    }
}
