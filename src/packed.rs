//! Many short texts as one string and their lengths. `lib/packed.js` says why.
//!
//! The string is UTF-16, as JavaScript has it, and is only copied on its thread. It is cut before it is decoded, so that
//! half a surrogate pair at the end of a text doesn't meet another at the beginning of the next.

use napi::bindgen_prelude::{Uint32Array, Utf16String};
use napi_derive::napi;

/// Texts as JavaScript passes them.
#[napi(object, object_to_js = false)]
pub struct PackedTexts {
    /// One after the other.
    pub joined: Utf16String,
    /// Of each, in units of UTF-16.
    pub lengths: Uint32Array,
}

/// The same, for other threads.
pub(crate) struct Packed {
    joined: Utf16String,
    lengths: Vec<u32>,
}

impl From<PackedTexts> for Packed {
    fn from(PackedTexts { joined, lengths }: PackedTexts) -> Self {
        Self { joined, lengths: lengths.to_vec() }
    }
}

impl Packed {
    /// The texts. Halves of surrogate pairs become U+FFFD, as in Node's own conversion.
    pub(crate) fn texts(&self) -> Vec<String> {
        let mut rest = &self.joined[..];
        let cut = |&length: &u32| {
            let (text, behind) = rest.split_at(rest.len().min(length as usize));
            rest = behind;
            String::from_utf16_lossy(text)
        };
        self.lengths.iter().map(cut).collect()
    }
}
