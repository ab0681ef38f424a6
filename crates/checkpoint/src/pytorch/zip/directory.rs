//! The records of the directory: name, length and place of an entry.

use crate::cursor::{Cursor, size};
use crate::fault::{Fault, shown};

use super::{expect, place};

const RECORD: u32 = 0x0201_4b50;
/// The extra field with sizes that don't fit 32 bits.
const ZIP64: u16 = 1;
const ENCRYPTED: u16 = 1;

/// One record.
#[derive(Debug)]
pub(super) struct Record<'a> {
    pub(super) name: &'a str,
    /// Bytes of the content.
    pub(super) length: usize,
    /// Where the entry's own header begins.
    pub(super) header: usize,
}

impl<'a> Record<'a> {
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        expect(cursor, RECORD)?;
        cursor.take(4)?; // Versions.
        let (flags, method) = (cursor.u16()?, cursor.u16()?);
        cursor.take(8)?; // Time, date, checksum.
        let (packed, length) = (cursor.u32()?, cursor.u32()?);
        let (name, extra, comment) = (cursor.u16()?, cursor.u16()?, cursor.u16()?);
        cursor.take(8)?; // Disk, attributes.
        let header = cursor.u32()?;
        let (name, extra) = (cursor.text(name.into())?, cursor.take(extra.into())?);
        cursor.take(comment.into())?;
        check_stored(name, flags, method)?;
        Self::new(name, wide([length, packed, header], extra)?)
    }

    fn new(name: &'a str, [length, packed, header]: [usize; 3]) -> Result<Self, Fault> {
        if packed == length {
            return Ok(Self { name, length, header });
        }
        Err(Fault::damaged(format!("Its archive's entry `{}` has two lengths.", shown(name))))
    }
}

fn check_stored(name: &str, flags: u16, method: u16) -> Result<(), Fault> {
    if method == 0 && flags & ENCRYPTED == 0 {
        return Ok(());
    }
    let name = shown(name);
    let what = format!("Its archive's entry `{name}` is compressed or encrypted, as torch.save never does.");
    Err(Fault::Unsupported(format!("{what} Save it with torch.save.")))
}

/// The numbers, each replaced by one of 64 bits where its own say so.
fn wide(numbers: [u32; 3], extra: &[u8]) -> Result<[usize; 3], Fault> {
    let mut found = [0; 3];
    let mut long = if numbers.contains(&u32::MAX) { Some(zip64(extra)?) } else { None };
    for (found, number) in found.iter_mut().zip(numbers) {
        *found = match &mut long {
            Some(long) if number == u32::MAX => size(long.u64()?)?,
            _ => place(number)?,
        };
    }
    Ok(found)
}

fn zip64(extra: &[u8]) -> Result<Cursor<'_>, Fault> {
    let mut cursor = Cursor::new(extra, 0);
    loop {
        let (id, length) = (cursor.u16()?, cursor.u16()?);
        let field = cursor.take(length.into())?;
        if id == ZIP64 {
            return Ok(Cursor::new(field, 0));
        }
    }
}
