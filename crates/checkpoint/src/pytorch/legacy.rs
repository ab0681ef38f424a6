//! The format before torch 1.6: five pickles (a magic number, the protocol's version, the machine it was saved on, the state
//! dict, the storages' keys), then each storage as its number of elements and its bytes. Always little-endian, whatever
//! the machine was. What follows the last storage is not read, as torch doesn't read it.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::cursor::{Cursor, size};
use crate::fault::{Fault, shown};
use crate::layout::Layout;
use crate::pickle::{self, Object, Pickle, StorageRef, Value};

use super::state_dict::StateDict;

/// 0x1950a86a20f9469cfc6c.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const VERSION: i64 = 1001;

/// The storages by key, as the state dict speaks of them.
type Known<'a> = BTreeMap<&'a str, StorageRef<'a>>;
type Places<'a> = BTreeMap<&'a str, Range<usize>>;

/// The places of all tensors in `file`.
pub(super) fn layout(file: &[u8]) -> Result<Layout, Fault> {
    let mut cursor = Cursor::new(file, 0);
    check_preamble(&mut cursor)?;
    let pickle = pickle::read(&mut cursor)?;
    let tensors = StateDict::of(&pickle)?;
    let keys = pickle::read(&mut cursor)?;
    let places = places(&mut cursor, &keys, &known(&pickle)?)?;
    let missing = |key: &str| Fault::damaged(format!("Its storage `{}` is missing.", shown(key)));
    tensors.layout(|storage| places.get(storage.key).cloned().ok_or_else(|| missing(storage.key)))
}

fn check_preamble(cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    if pickle::read(cursor)?.root != Value::Long(&MAGIC) {
        return Err(Fault::damaged("It does not begin with torch's magic number."));
    }
    match pickle::read(cursor)?.root {
        Value::Int(VERSION) => pickle::read(cursor).map(drop),
        _ => Err(Fault::damaged(format!("Its format is not version {VERSION}, the only one there was."))),
    }
}

fn known<'a>(pickle: &Pickle<'a>) -> Result<Known<'a>, Fault> {
    let mut known = Known::new();
    for object in &pickle.objects {
        let Object::Storage(storage) = object else { continue };
        if *known.entry(storage.key).or_insert(*storage) != *storage {
            return Err(Fault::damaged(format!(
                "Its storage `{}` has two descriptions.",
                shown(storage.key)
            )));
        }
    }
    Ok(known)
}

fn places<'a>(cursor: &mut Cursor<'_>, keys: &Pickle<'a>, known: &Known<'_>) -> Result<Places<'a>, Fault> {
    let Some(Object::List(keys)) = keys.object(keys.root) else {
        return Err(Fault::damaged("It has no list of its storages."));
    };
    let mut places = Places::new();
    for key in keys {
        let Value::Str(key) = key else {
            return Err(Fault::damaged("It has a storage whose key is no text."));
        };
        let storage = known.get(key).ok_or_else(|| unused(key))?;
        if places.insert(*key, place(cursor, storage)?).is_some() {
            return Err(Fault::damaged(format!("It has two storages `{}`.", shown(key))));
        }
    }
    Ok(places)
}

fn place(cursor: &mut Cursor<'_>, storage: &StorageRef<'_>) -> Result<Range<usize>, Fault> {
    let count = size(cursor.u64()?)?;
    let length = count.checked_mul(storage.kind.size).filter(|_| count == storage.count);
    let (key, expected) = (shown(storage.key), storage.count);
    let odd = || Fault::damaged(format!("Its storage `{key}` has {count} elements instead of {expected}."));
    let start = cursor.at();
    cursor.take(length.ok_or_else(odd)?)?;
    Ok(start..cursor.at())
}

fn unused(key: &str) -> Fault {
    Fault::damaged(format!("It has a storage `{}` that no tensor uses.", shown(key)))
}
