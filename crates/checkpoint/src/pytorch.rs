//! What `torch.save` writes: a zip archive since torch 1.6, a row of pickles and raw storages before.

mod archive;
mod legacy;
mod state_dict;
mod zip;

use crate::fault::Fault;
use crate::layout::Layout;

/// The places of all tensors in `file`.
pub(crate) fn layout(file: &[u8]) -> Result<Layout, Fault> {
    match file {
        [b'P', b'K', ..] => archive::layout(file),
        [0x80, ..] => legacy::layout(file),
        _ => Err(Fault::damaged("It is neither a zip archive nor a pickle, as torch.save writes them.")),
    }
}
