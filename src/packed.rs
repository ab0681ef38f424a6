//! Texts on their way from JavaScript to the bridge's thread: as they are, or in blocks of many as one string and their
//! lengths. `lib/packed.js` says why.
//!
//! A block's string is UTF-16, as JavaScript has it, and is only copied on its thread. It is cut before it is decoded, so
//! that half a surrogate pair at the end of a text doesn't meet another at the beginning of the next.

use napi::bindgen_prelude::{ClassInstance, Either, Uint32Array, Utf16String};
use napi_derive::napi;
use tokio::task::yield_now;

/// Texts as JavaScript passes them to a call.
pub type TextsArgument<'a> = Either<Vec<String>, ClassInstance<'a, PackedTexts>>;

/// Many texts, gathered block by block, for one call.
#[napi]
#[derive(Default)]
pub struct PackedTexts {
    blocks: Vec<Block>,
}

pub(crate) struct Block {
    /// One text after the other.
    joined: Utf16String,
    /// Of each text, in units of UTF-16.
    lengths: Vec<u32>,
}

#[napi]
impl PackedTexts {
    /// Without texts.
    #[napi(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds texts, of so many units of UTF-16 each.
    #[napi]
    pub fn add(&mut self, joined: Utf16String, lengths: Uint32Array) {
        self.blocks.push(Block { joined, lengths: lengths.to_vec() });
    }
}

/// Texts on their way to another thread, which unpacks them.
pub(crate) enum Texts {
    Loose(Vec<String>),
    Packed(Vec<Block>),
}

impl From<TextsArgument<'_>> for Texts {
    fn from(texts: TextsArgument<'_>) -> Self {
        match texts {
            Either::A(texts) => Self::Loose(texts),
            Either::B(mut packed) => Self::Packed(std::mem::take(&mut packed.blocks)),
        }
    }
}

impl Texts {
    /// The texts, one by one. Other calls get their turn between two blocks.
    pub(crate) async fn unpack(self) -> Vec<String> {
        let blocks = match self {
            Self::Loose(texts) => return texts,
            Self::Packed(blocks) => blocks,
        };
        let mut texts = Vec::with_capacity(blocks.iter().map(|block| block.lengths.len()).sum());
        for block in blocks {
            texts.extend(block.texts());
            yield_now().await;
        }
        texts
    }
}

impl Block {
    /// Halves of surrogate pairs become U+FFFD, as in Node's own conversion.
    fn texts(&self) -> impl Iterator<Item = String> {
        let mut rest = &self.joined[..];
        self.lengths.iter().map(move |&length| {
            let (text, behind) = rest.split_at(rest.len().min(length as usize));
            rest = behind;
            String::from_utf16_lossy(text)
        })
    }
}
