//! Little-endian numbers and slices out of a file's bytes, in order. Reading past the end is a fault, never a panic.

use crate::fault::Fault;

/// A place in a file's bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// At byte `at` of `bytes`; past their end, everything read is a fault.
    pub(crate) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// Bytes before this place.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// The next `length` bytes.
    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let taken =
            self.bytes.get(self.at..).and_then(|rest| rest.get(..length)).ok_or_else(|| self.short())?;
        self.at += length;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        self.take(N)?.try_into().map_err(|_| self.short())
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Fault> {
        self.array().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Fault> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Fault> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Fault> {
        self.array().map(u64::from_le_bytes)
    }

    /// The next `length` bytes as text.
    pub(crate) fn text(&mut self, length: usize) -> Result<&'a str, Fault> {
        utf8(self.take(length)?, self.at)
    }

    /// Text up to the next line feed, which is passed over.
    pub(crate) fn line(&mut self) -> Result<&'a str, Fault> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|byte| *byte == b'\n').ok_or_else(|| self.short())?;
        let line = self.text(length)?;
        self.at += 1;
        Ok(line)
    }

    fn short(&self) -> Fault {
        Fault::damaged(format!("It ends too early, at byte {}.", self.bytes.len()))
    }
}

fn utf8(bytes: &[u8], end: usize) -> Result<&str, Fault> {
    std::str::from_utf8(bytes)
        .map_err(|_| Fault::damaged(format!("The text before byte {end} is not UTF-8.")))
}

/// A size or place from a file as one in memory.
pub(crate) fn size(number: u64) -> Result<usize, Fault> {
    usize::try_from(number).map_err(|_| Fault::damaged(format!("{number} bytes are more than any file has.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_read_and_the_rest_is_a_fault() {
        let mut cursor = Cursor::new(b"\x01\x02\x03name\nxy", 0);
        assert_eq!((cursor.u8().unwrap(), cursor.u16().unwrap(), cursor.at()), (1, 0x0302, 3));
        assert_eq!(cursor.line().unwrap(), "name");
        assert!(cursor.line().is_err() && cursor.u32().is_err() && cursor.take(usize::MAX).is_err());
        assert_eq!(cursor.text(2).unwrap(), "xy");
        assert!(Cursor::new(b"abc", 9).u8().is_err());
        assert!(Cursor::new(b"\xff", 0).text(1).is_err());
    }
}
