//! Instructions that push one value which stands in the pickle itself.

use crate::cursor::Cursor;
use crate::fault::Fault;

use super::opcode as op;
use super::value::Value;

/// The value of instruction `code`; `None` where the instruction is of another kind.
pub(super) fn literal<'a>(code: u8, input: &mut Cursor<'a>) -> Result<Option<Value<'a>>, Fault> {
    Ok(Some(match code {
        op::NONE => Value::None,
        op::NEWTRUE => Value::Bool(true),
        op::NEWFALSE => Value::Bool(false),
        op::BININT => Value::Int(i32::from_le_bytes(input.array()?).into()),
        op::BININT1 => Value::Int(input.u8()?.into()),
        op::BININT2 => Value::Int(input.u16()?.into()),
        op::LONG1 => long(input)?,
        op::BINFLOAT => Value::Float(f64::from_be_bytes(input.array()?)),
        op::SHORT_BINUNICODE | op::SHORT_BINSTRING => {
            let length = input.u8()?;
            Value::Str(input.text(length.into())?)
        }
        op::BINUNICODE | op::BINSTRING => {
            let length = input.u32()?;
            Value::Str(input.text(crate::cursor::size(length.into())?)?)
        }
        _ => return Ok(None),
    }))
}

/// Two's complement of any length; none is zero.
fn long<'a>(input: &mut Cursor<'a>) -> Result<Value<'a>, Fault> {
    let length = input.u8()?;
    let bytes = input.take(length.into())?;
    let negative = bytes.last().is_some_and(|last| last & 0x80 != 0);
    let mut whole = [if negative { 0xff } else { 0 }; 8];
    match whole.get_mut(..bytes.len()) {
        Some(low) => low.copy_from_slice(bytes),
        None => return Ok(Value::Long(bytes)),
    }
    Ok(Value::Int(i64::from_le_bytes(whole)))
}
