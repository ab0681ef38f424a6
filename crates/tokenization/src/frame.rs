//! What stands around a text and between the texts of a pair: `[CLS] A [SEP] B [SEP]` and its kin.

use crate::family::Family;
use crate::special_token::Role;

/// See the module. A pair is `open A close between B close`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) open: &'static [Role],
    pub(crate) close: &'static [Role],
    pub(crate) between: &'static [Role],
    /// The token type of the second text and of what closes it.
    pub(crate) second: u32,
}

impl Family {
    /// Its frame as transformers 4 has it; 5 doubles the separator in DeBERTa v1's pairs, on which no model was trained.
    pub(crate) fn frame(self) -> Frame {
        let (cls, sep) = (&[Role::Cls][..], &[Role::Sep][..]);
        match self {
            Self::Bert | Self::Albert | Self::Deberta | Self::DebertaV2 => {
                Frame { open: cls, close: sep, between: &[], second: 1 }
            }
            Self::Roberta | Self::XlmRoberta | Self::Camembert => {
                Frame { open: cls, close: sep, between: sep, second: 0 }
            }
            Self::Mpnet => Frame { open: cls, close: sep, between: sep, second: 1 },
            Self::T5 => Frame { open: &[], close: &[Role::Eos], between: &[], second: 0 },
            Self::Llama => Frame { open: &[Role::Bos], close: &[], between: &[Role::Bos], second: 1 },
            Self::Gpt2 | Self::Qwen2 => Frame { open: &[], close: &[], between: &[], second: 1 },
        }
    }
}
