//! Special tokens: what a token is told about the spaces around it, and the parts that some of them play in a tokenizer.

use serde::Deserialize;

/// A token that is found in a text before anything else is, as the files write it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct AddedToken {
    pub(crate) content: String,
    /// Whether it takes the blanks on its left with it.
    #[serde(default)]
    pub(crate) lstrip: bool,
    /// Whether it takes the blanks on its right with it.
    #[serde(default)]
    pub(crate) rstrip: bool,
    /// Whether it is found only between words.
    #[serde(default)]
    pub(crate) single_word: bool,
    /// Whether it is looked for in the normalised text; where the file doesn't say, special tokens are not.
    #[serde(default)]
    pub(crate) normalized: Option<bool>,
    #[serde(default)]
    pub(crate) special: bool,
}

/// A part that a special token plays, in the order in which transformers adds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Bos,
    Eos,
    Unk,
    Sep,
    Pad,
    Cls,
    Mask,
}

impl AddedToken {
    pub(crate) fn special(content: &str) -> Self {
        let content = content.to_owned();
        Self { content, lstrip: false, rstrip: false, single_word: false, normalized: None, special: true }
    }

    pub(crate) fn normalized(&self) -> bool {
        self.normalized.unwrap_or(!self.special)
    }
}

impl Role {
    pub(crate) const ALL: [Self; 7] =
        [Self::Bos, Self::Eos, Self::Unk, Self::Sep, Self::Pad, Self::Cls, Self::Mask];

    /// Its key in tokenizer_config.json and special_tokens_map.json.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Bos => "bos_token",
            Self::Eos => "eos_token",
            Self::Unk => "unk_token",
            Self::Sep => "sep_token",
            Self::Pad => "pad_token",
            Self::Cls => "cls_token",
            Self::Mask => "mask_token",
        }
    }
}

/// A token as a file names it: by its text, or with what is told about it.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum NamedToken {
    Text(String),
    Full(AddedToken),
}

impl NamedToken {
    pub(crate) fn content(&self) -> &str {
        match self {
            Self::Text(content) => content,
            Self::Full(token) => &token.content,
        }
    }
}
