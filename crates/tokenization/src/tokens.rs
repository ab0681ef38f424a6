//! One text, or one pair of texts, as a model sees it.

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// Token ids, special ones included.
    pub ids: Vec<i64>,
    /// Whether the text was longer than the model takes and lost its end.
    pub truncated: bool,
    /// How many of the first ids belong to a prompt, the leading special token included; 0 without one.
    pub prompt: usize,
    /// Where the second text of a pair begins, the first whose token type is 1; the number of ids where there is none.
    pub second: usize,
}

impl Tokens {
    /// A whole single text without a prompt.
    pub fn new(ids: Vec<i64>) -> Self {
        Self { second: ids.len(), ids, truncated: false, prompt: 0 }
    }

    /// Number of tokens, special ones included.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no token at all, which no tokenizer with special tokens gives.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}
