//! Times as messages say them: in seconds, since that is what callers give. Never a rounded-off `0.0 s`, which would hide
//! that there was no time at all.

use std::time::Duration;

/// From here on tenths are fine enough.
const TENTH: f64 = 0.1;

/// `45.0 s`, or the first digit of a time that is shorter than a tenth: `0.02 s`.
pub(crate) fn spoken(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds >= TENTH || time.is_zero() {
        return format!("{seconds:.1} s");
    }
    let digits = (1..=9).find(|digits| seconds * 10_f64.powi(*digits) >= 0.95).unwrap_or(9);
    format!("{seconds:.0$} s", usize::try_from(digits).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_time_keeps_its_first_digit() {
        let cases = [
            (45_000_000_000, "45.0 s"),
            (1_549_000_000, "1.5 s"),
            (100_000_000, "0.1 s"),
            (99_600_000, "0.1 s"),
            (20_400_000, "0.02 s"),
            (960_000, "0.001 s"),
            (1, "0.000000001 s"),
            (0, "0.0 s"),
        ];
        for (nanos, expected) in cases {
            assert_eq!(spoken(Duration::from_nanos(nanos)), expected);
        }
    }
}
