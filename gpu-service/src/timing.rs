//! Where a request's time went, as `server-timing` reports it.

use std::time::Duration;

/// The phases of a compute request; zero for the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Phases {
    /// Waiting for the device.
    pub queue: Duration,
    /// Texts to tokens.
    pub tokenize: Duration,
    /// From the device's first batch with the request's items to its last.
    pub inference: Duration,
}

impl Phases {
    /// The header's value, in milliseconds, with the whole time as well.
    pub fn to_header(self, total: Duration) -> String {
        let milliseconds = |duration: Duration| duration.as_secs_f64() * 1000.0;
        format!(
            "queue;dur={:.3}, tokenize;dur={:.3}, inference;dur={:.3}, total;dur={:.3}",
            milliseconds(self.queue),
            milliseconds(self.tokenize),
            milliseconds(self.inference),
            milliseconds(total)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_counts_in_milliseconds() {
        let phases = Phases { queue: Duration::from_micros(1500), ..Phases::default() };
        let header = phases.to_header(Duration::from_millis(2));
        assert_eq!(header, "queue;dur=1.500, tokenize;dur=0.000, inference;dur=0.000, total;dur=2.000");
    }
}
