//! The safetensors format: eight bytes of length, a JSON header, the tensors' bytes.
//!
//! The official crate checks the header: its length, that tensors lie side by side without a gap or an overlap, and that
//! each has the bytes of its shape. It takes the last of two equal names and headers of up to 100 MB, so names and lengths
//! are checked here as well.

use safetensors::tensor::{Metadata, SafeTensors, TensorInfo};
use serde::de::IgnoredAny;

use crate::cursor::{Cursor, size};
use crate::entry::Entry;
use crate::fault::Fault;
use crate::layout::Layout;
use crate::unique::UniqueMap;

/// Bytes of a header. That of a thousand tensors has about a hundred thousand; parsed, it takes some twenty times as many.
const MAX_HEADER: u64 = 8 << 20;

/// The places of all tensors in `file`.
pub(crate) fn layout(file: &[u8]) -> Result<Layout, Fault> {
    let mut cursor = Cursor::new(file, 0);
    let header = header(&mut cursor)?;
    let (_, metadata) = SafeTensors::read_metadata(file).map_err(unreadable)?;
    serde_json::from_slice::<UniqueMap<IgnoredAny>>(header).map_err(unreadable)?;
    placed(&metadata, cursor.at())
}

fn header<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Fault> {
    let length = cursor.u64()?;
    if length > MAX_HEADER {
        return Err(unreadable(format!("it claims {length} bytes; {MAX_HEADER} are the most that are read")));
    }
    cursor.take(size(length)?)
}

fn placed(metadata: &Metadata, data: usize) -> Result<Layout, Fault> {
    let mut layout = Layout::default();
    for (name, info) in metadata.tensors() {
        layout.insert(&name, entry(info, data))?;
    }
    Ok(layout)
}

fn entry(info: &TensorInfo, data: usize) -> Entry {
    let (start, end) = info.data_offsets;
    Entry {
        dtype: info.dtype.into(),
        shape: info.shape.clone(),
        strides: None,
        bytes: data + start..data + end,
    }
}

fn unreadable(reason: impl std::fmt::Display) -> Fault {
    Fault::damaged(format!("Its header can't be read ({}).", crate::fault::shown(&reason.to_string())))
}
