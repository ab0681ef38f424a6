//! The zip format: `NAME/data.pkl`, the storages as `NAME/data/KEY`, and `NAME/byteorder`.

use std::ops::Range;

use crate::cursor::Cursor;
use crate::fault::{Fault, shown};
use crate::layout::Layout;
use crate::pickle::{self, StorageRef};

use super::state_dict::StateDict;
use super::zip::Zip;

/// The places of all tensors in the archive `file`.
pub(super) fn layout(file: &[u8]) -> Result<Layout, Fault> {
    let zip = Zip::read(file)?;
    let root = root(&zip)?;
    check_order(file, &zip, root)?;
    let part = zip.entry(&format!("{root}/data.pkl"))?;
    let pickle = pickle::read(&mut Cursor::new(&file[..part.end], part.start))?;
    StateDict::of(&pickle)?.layout(|storage| place(&zip, root, storage))
}

/// The folder that everything lies in; torch names it after the file.
fn root<'a>(zip: &Zip<'a>) -> Result<&'a str, Fault> {
    let mut roots =
        zip.names().filter_map(|name| name.strip_suffix("/data.pkl")).filter(|root| !root.contains('/'));
    match (roots.next(), roots.next()) {
        (Some(root), None) => Ok(root),
        (None, _) => {
            Err(Fault::damaged("It is a zip archive without a data.pkl, so torch.save did not write it."))
        }
        (Some(_), Some(_)) => Err(Fault::damaged("It has several data.pkl.")),
    }
}

fn check_order(file: &[u8], zip: &Zip<'_>, root: &str) -> Result<(), Fault> {
    let order = zip.get(&format!("{root}/byteorder")).map_or(&b"little"[..], |place| &file[place]);
    if order == b"little" {
        return Ok(());
    }
    let order = shown(&String::from_utf8_lossy(order));
    Err(Fault::Unsupported(format!(
        "Its numbers are stored in the byte order `{order}`; only `little` is supported."
    )))
}

fn place(zip: &Zip<'_>, root: &str, storage: &StorageRef<'_>) -> Result<Range<usize>, Fault> {
    let place = zip.entry(&format!("{root}/data/{}", storage.key))?;
    if storage.count.checked_mul(storage.kind.size) == Some(place.len()) {
        return Ok(place);
    }
    let (key, count, size) = (shown(storage.key), storage.count, storage.kind.size);
    Err(Fault::damaged(format!(
        "Its storage `{key}` has {} bytes for {count} elements of {size}.",
        place.len()
    )))
}
