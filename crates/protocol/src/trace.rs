//! W3C trace context, the part that travels in `traceparent`: <https://www.w3.org/TR/trace-context-2/>.
//!
//! An invalid header is none: whoever gets it begins a trace of its own, as the specification says.

use std::fmt;

/// Bytes of a header of version 00, the one that is written.
const LENGTH: usize = 55;
/// The flags that are defined: sampled, and that the trace's id is random. Others are not passed on.
const KNOWN_FLAGS: u8 = 0b11;

/// A trace, and the span in it that the request is a child of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    trace: u128,
    span: u64,
    flags: u8,
}

impl TraceParent {
    /// The first span of a new trace, whose id is random. An id of zero, which stands for none, becomes one.
    pub fn root(trace: u128, span: u64) -> Self {
        Self { trace: trace.max(1), span: span.max(1), flags: 0b10 }
    }

    /// Reads the header. `None` where the specification calls it invalid. Of a version to come, what is known is read.
    pub fn parse(header: &str) -> Option<Self> {
        let known = header.get(..LENGTH)?;
        let mut fields = known.split('-');
        let version = hex(fields.next()?, 2)?;
        let (trace, span) = (hex(fields.next()?, 32)?, hex(fields.next()?, 16)?);
        let flags = hex(fields.next()?, 2)?;
        let ends = match &header[LENGTH..] {
            "" => true,
            more => version > 0 && more.starts_with('-'),
        };
        let valid = version != 0xff && trace != 0 && span != 0 && fields.next().is_none() && ends;
        valid.then_some(Self { trace, span: span as u64, flags: flags as u8 & KNOWN_FLAGS })
    }

    /// Another span of the same trace.
    pub fn with_span(self, span: u64) -> Self {
        Self { span: span.max(1), ..self }
    }

    /// The trace's id: 32 hexadecimal digits.
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace)
    }

    /// The span's id: 16 hexadecimal digits.
    pub fn span_id(&self) -> String {
        format!("{:016x}", self.span)
    }
}

/// The header.
impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, self.flags)
    }
}

/// A number of exactly so many digits; capitals are no digits here.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let valid = text.len() == digits && text.bytes().all(lower);
    valid.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const SPAN: &str = "b7ad6b7169203331";

    fn header(version: &str, flags: &str, more: &str) -> String {
        format!("{version}-{TRACE}-{SPAN}-{flags}{more}")
    }

    #[test]
    fn what_is_read_is_written() {
        let read = TraceParent::parse(&header("00", "01", "")).unwrap();
        assert_eq!(read.to_string(), header("00", "01", ""));
        assert_eq!((read.trace_id().as_str(), read.span_id().as_str()), (TRACE, SPAN));
        assert_eq!(read.with_span(7).to_string(), format!("00-{TRACE}-0000000000000007-01"));
        assert_eq!(TraceParent::parse(&TraceParent::root(0, 0).to_string()), Some(TraceParent::root(1, 1)));
    }

    #[test]
    fn of_a_version_to_come_what_is_known_is_read_and_written_as_version_00() {
        for more in ["", "-", "-what-comes-next"] {
            let read = TraceParent::parse(&header("cc", "ff", more)).unwrap();
            assert_eq!(read.to_string(), header("00", "03", ""), "{more:?}");
        }
    }

    #[test]
    fn an_invalid_header_is_none() {
        let zero = |text: &str| text.chars().map(|_| '0').collect::<String>();
        let invalid = [
            String::new(),
            header("ff", "00", ""),
            header("00", "00", "-more"),
            header("cc", "00", ".more"),
            header("0", "00", "0"),
            header("00", "0g", ""),
            header("00", "0", ""),
            header("00", "01", "").to_uppercase(),
            header("00", "01", "").replace('-', "_"),
            header("00", "01", "").replace(TRACE, &zero(TRACE)),
            header("00", "01", "").replace(SPAN, &zero(SPAN)),
            format!(" {}", header("00", "01", "")),
            header("00", "01", "").replace("b7", "é"),
            format!("00-{SPAN}-{TRACE}-01"),
            header("00", "01", "").replace(TRACE, &TRACE.replacen('0', "+", 1)),
        ];
        for header in invalid {
            assert_eq!(TraceParent::parse(&header), None, "{header:?}");
        }
    }
}
