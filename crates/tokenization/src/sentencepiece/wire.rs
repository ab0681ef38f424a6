//! The wire format of protobuf, as far as a SentencePiece model needs it: which fields a message has and where their bytes
//! are. It borrows from the file and allocates nothing, so a hostile file can cost no more than its own size.
//!
//! Groups, which protobuf gave up long ago, are refused. What a field means is the reader's business.

use crate::problem::Problem;

/// The fields of one message, in file order.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'a>(&'a [u8]);

/// What one field holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    Number(u64),
    Float(f32),
    Bytes(&'a [u8]),
    /// Eight bytes, which no field of a SentencePiece model has.
    Fixed64,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(message: &'a [u8]) -> Self {
        Self(message)
    }

    /// The next field's number and value; `None` at the end of the message.
    pub(crate) fn next(&mut self) -> Result<Option<(u64, Value<'a>)>, Problem> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let key = self.number()?;
        let value = match key & 7 {
            0 => Value::Number(self.number()?),
            1 => self.take(8).map(|_| Value::Fixed64)?,
            2 => self.length().and_then(|length| self.take(length)).map(Value::Bytes)?,
            5 => Value::Float(self.float()?),
            kind => return Err(Problem::new(format!("It holds a field of the unknown kind {kind}."))),
        };
        Ok(Some((key >> 3, value)))
    }

    /// Seven bits a byte, the lowest first; the highest bit says that another byte follows.
    fn number(&mut self) -> Result<u64, Problem> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?.first().copied().unwrap_or_default();
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Problem::new("It holds a number of more than 64 bits."))
    }

    fn length(&mut self) -> Result<usize, Problem> {
        usize::try_from(self.number()?).map_err(|_| Problem::ends_early())
    }

    fn float(&mut self) -> Result<f32, Problem> {
        let bytes = self.take(4)?.try_into().map_err(|_| Problem::ends_early())?;
        Ok(f32::from_le_bytes(bytes))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Problem> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(Problem::ends_early)?;
        self.0 = rest;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_field_is_read() {
        let message =
            [0x08, 0x96, 0x01, 0x12, 0x02, b'h', b'i', 0x1d, 0, 0, 0x80, 0x3f, 0x21, 0, 0, 0, 0, 0, 0, 0, 0];
        let mut fields = Fields::new(&message);
        let mut next = || fields.next().unwrap();
        assert_eq!(next(), Some((1, Value::Number(150))));
        assert_eq!(next(), Some((2, Value::Bytes(b"hi"))));
        assert_eq!(next(), Some((3, Value::Float(1.0))));
        assert_eq!(next(), Some((4, Value::Fixed64)));
        assert_eq!(next(), None);
    }

    #[test]
    fn what_ends_early_or_is_no_protobuf_is_refused() {
        for message in [
            &[0x08][..],
            &[0x12, 0x05, 1],
            &[0x1d, 0, 0],
            &[0x0b],
            &[0xff; 11],
            &[0x12, 0xff, 0xff, 0xff, 0xff, 0x0f],
        ] {
            assert!(Fields::new(message).next().is_err(), "{message:?}");
        }
    }
}
