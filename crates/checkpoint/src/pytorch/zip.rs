//! The zip container, as torch writes it: entries stored as they are, with 64-bit sizes where needed.
//!
//! General zip readers inflate, decrypt and guess. This one gives the places of stored entries within the file and takes the
//! word of the central directory alone, checked against the entries' own headers; entries may neither share a name nor overlap.

mod directory;
mod end;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::cursor::{Cursor, size};
use crate::fault::{Fault, shown};

use self::directory::Record;
use self::end::End;

const LOCAL_HEADER: u32 = 0x0403_4b50;

/// The entries of an archive.
#[derive(Debug)]
pub(super) struct Zip<'a>(BTreeMap<&'a str, Range<usize>>);

impl<'a> Zip<'a> {
    /// Reads the directory of the archive `file`.
    pub(super) fn read(file: &'a [u8]) -> Result<Self, Fault> {
        let end = End::find(file)?;
        let mut cursor = Cursor::new(file, end.directory);
        let mut entries = BTreeMap::new();
        for _ in 0..end.entries {
            let record = Record::read(&mut cursor)?;
            if entries.insert(record.name, content(file, &record, end.directory)?).is_some() {
                return Err(Fault::damaged(format!("Its archive has two entries `{}`.", shown(record.name))));
            }
        }
        check_overlap(&entries)?;
        Ok(Self(entries))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.0.keys().copied()
    }

    /// Where the bytes of the entry `name` lie.
    pub(super) fn get(&self, name: &str) -> Option<Range<usize>> {
        self.0.get(name).cloned()
    }

    pub(super) fn entry(&self, name: &str) -> Result<Range<usize>, Fault> {
        self.get(name)
            .ok_or_else(|| Fault::damaged(format!("Its archive lacks the entry `{}`.", shown(name))))
    }
}

/// The bytes of an entry: behind its own header, whose length only the header says, and before the directory.
fn content(file: &[u8], record: &Record<'_>, directory: usize) -> Result<Range<usize>, Fault> {
    let mut cursor = Cursor::new(&file[..directory], record.header);
    let signature = cursor.u32()?;
    cursor.take(22)?; // What the directory says as well.
    let (name, extra) = (cursor.u16()?, cursor.u16()?);
    if signature != LOCAL_HEADER || cursor.text(name.into())? != record.name {
        return Err(Fault::damaged(format!(
            "Its archive's entry `{}` has another header.",
            shown(record.name)
        )));
    }
    cursor.take(extra.into())?;
    let start = cursor.at();
    cursor.take(record.length)?;
    Ok(start..cursor.at())
}

fn check_overlap(entries: &BTreeMap<&str, Range<usize>>) -> Result<(), Fault> {
    let mut places: Vec<_> = entries.values().filter(|place| !place.is_empty()).collect();
    places.sort_by_key(|place| place.start);
    match places.windows(2).find(|pair| pair[1].start < pair[0].end) {
        Some(pair) => {
            Err(Fault::damaged(format!("Two entries of its archive overlap at byte {}.", pair[1].start)))
        }
        None => Ok(()),
    }
}

/// The signature that must stand at a place.
fn expect(cursor: &mut Cursor<'_>, signature: u32) -> Result<(), Fault> {
    let (at, found) = (cursor.at(), cursor.u32()?);
    if found == signature {
        return Ok(());
    }
    Err(Fault::damaged(format!("Its archive's directory is broken at byte {at}.")))
}

/// A size or place of 32 bits as one in memory.
fn place(number: u32) -> Result<usize, Fault> {
    size(number.into())
}
