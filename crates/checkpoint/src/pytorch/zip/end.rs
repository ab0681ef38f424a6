//! The archive's last record, which says where the directory begins and how many entries it has.

use crate::cursor::{Cursor, size};
use crate::fault::Fault;

use super::{expect, place};

const END: u32 = 0x0605_4b50;
const END_64: u32 = 0x0606_4b50;
const LOCATOR_64: u32 = 0x0706_4b50;
const END_LENGTH: usize = 22;
const LOCATOR_LENGTH: usize = 20;

/// What the last record says.
#[derive(Debug)]
pub(super) struct End {
    /// Where the directory begins, within the file.
    pub(super) directory: usize,
    pub(super) entries: u64,
}

impl End {
    /// Reads the record at the very end of `file`; torch writes no comment behind it.
    pub(super) fn find(file: &[u8]) -> Result<Self, Fault> {
        let cut = || Fault::damaged("Its archive has no directory at its end, as if it was cut off.");
        let at = file.len().checked_sub(END_LENGTH).ok_or_else(cut)?;
        let mut cursor = Cursor::new(file, at);
        expect(&mut cursor, END).map_err(|_| cut())?;
        let end = match Self::locator(file, at) {
            Some(mut locator) => Self::long(file, &mut locator)?,
            None => Self::short(&mut cursor)?,
        };
        if end.directory > file.len() { Err(cut()) } else { Ok(end) }
    }

    fn short(cursor: &mut Cursor<'_>) -> Result<Self, Fault> {
        cursor.take(6)?; // Disks, entries on this one.
        let entries = cursor.u16()?.into();
        cursor.take(4)?; // The directory's length.
        Ok(Self { directory: place(cursor.u32()?)?, entries })
    }

    /// What may stand before the last record: where the record of 64 bits is.
    fn locator(file: &[u8], end: usize) -> Option<Cursor<'_>> {
        let mut cursor = Cursor::new(file, end.checked_sub(LOCATOR_LENGTH)?);
        (cursor.u32().ok()? == LOCATOR_64).then_some(cursor)
    }

    /// The record of 64 bits, found through `locator`.
    fn long(file: &[u8], locator: &mut Cursor<'_>) -> Result<Self, Fault> {
        locator.take(4)?; // Disk.
        let mut cursor = Cursor::new(file, size(locator.u64()?)?);
        expect(&mut cursor, END_64)?;
        cursor.take(28)?; // The record's length, versions, disks, entries on this one.
        let entries = cursor.u64()?;
        cursor.take(8)?; // The directory's length.
        Ok(Self { directory: size(cursor.u64()?)?, entries })
    }
}
