//! Many short texts as one string and their lengths. `lib/packed.js` says why.
//!
//! The string is UTF-16, as JavaScript has it, and is only copied on its thread. It is cut before it is decoded, so that
//! half a surrogate pair at the end of a text doesn't meet another at the beginning of the next.

use napi::bindgen_prelude::{Either, Uint32Array, Utf16String};
use napi_derive::napi;

/// Texts as JavaScript passes them.
#[napi(object, object_to_js = false)]
pub struct PackedTexts {
    /// One after the other.
    pub joined: Utf16String,
    /// Of each, in units of UTF-16.
    pub lengths: Uint32Array,
}

/// Texts on their way to another thread, which unpacks them.
pub(crate) enum Texts {
    Loose(Vec<String>),
    Packed { joined: Utf16String, lengths: Vec<u32> },
}

impl From<Either<Vec<String>, PackedTexts>> for Texts {
    fn from(texts: Either<Vec<String>, PackedTexts>) -> Self {
        match texts {
            Either::A(texts) => Self::Loose(texts),
            Either::B(PackedTexts { joined, lengths }) => Self::Packed { joined, lengths: lengths.to_vec() },
        }
    }
}

impl Texts {
    /// The texts, one by one.
    pub(crate) fn unpack(self) -> Vec<String> {
        match self {
            Self::Loose(texts) => texts,
            Self::Packed { joined, lengths } => cut(&joined, &lengths),
        }
    }
}

/// Halves of surrogate pairs become U+FFFD, as in Node's own conversion.
fn cut(joined: &[u16], lengths: &[u32]) -> Vec<String> {
    let mut rest = joined;
    let cut = |&length: &u32| {
        let (text, behind) = rest.split_at(rest.len().min(length as usize));
        rest = behind;
        String::from_utf16_lossy(text)
    };
    lengths.iter().map(cut).collect()
}
