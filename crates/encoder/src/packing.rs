//! Texts of different length laid end to end: `[tokens]` instead of `[texts, longest]`.
//!
//! Texts are sorted by length, so that those of equal length lie together and attention can run over each such group as an
//! ordinary `[texts, length]` block without a mask. No text is padded to another's length. Since every text only ever meets
//! itself, neither the other texts of a batch nor their order can change its answer beyond float rounding.
//!
//! On the processor a few spare rows round the batch up. oneDNN compiles a kernel for every number of rows it meets, which
//! takes milliseconds, and keeps it, which takes megabytes; batches of any size must come down to a few dozen of them.

use tch::{Device, Tensor};

use crate::{Error, Tokens};

/// A run of texts of equal length, and of equal prompt length where that matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Group {
    /// First row in the packed tensors.
    pub(crate) start: i64,
    /// Number of texts.
    pub(crate) texts: i64,
    /// Tokens of each.
    pub(crate) length: i64,
    /// Prompt tokens of each, 0 where the pooling includes them.
    pub(crate) prompt: i64,
}

impl Group {
    /// The group's rows of a packed tensor, `[texts * length, …]`.
    pub(crate) fn rows(&self, packed: &Tensor) -> Result<Tensor, Error> {
        Ok(packed.f_narrow(0, self.start, self.texts * self.length)?)
    }
}

/// A batch ready for the device.
#[derive(Debug)]
pub(crate) struct PackedBatch {
    /// Token ids, `[rows]`.
    pub(crate) ids: Tensor,
    /// Position of each token in its text, by the model's [`Numbering`], `[rows]`.
    pub(crate) positions: Tensor,
    /// Token type of each token, 0 or 1, `[rows]`; `None` where all are 0.
    pub(crate) types: Option<Tensor>,
    /// The runs of equal length, in the order of their rows; together they cover all rows but the spare ones.
    pub(crate) groups: Vec<Group>,
    /// Rows at the end that belong to no text.
    pub(crate) spare: i64,
    /// `order[i]` is the place in the caller's batch of the i-th packed text.
    pub(crate) order: Vec<usize>,
}

/// What a model can take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Size of the vocabulary.
    pub(crate) vocabulary: usize,
    /// Longest text, in tokens.
    pub(crate) positions: usize,
    /// How positions are counted.
    pub(crate) numbering: Numbering,
}

/// How a model counts the tokens of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbering {
    /// 0, 1, 2, …
    FromZero,
    /// 1, 2, 3, … over all tokens but padding's, which get 0 also where a text spells them. This is RoBERTa's way, less
    /// the offset by the id of padding.
    SkipPadding(i64),
}

impl Numbering {
    fn of(self, ids: &[i64]) -> Vec<i64> {
        match self {
            Self::FromZero => (0..).take(ids.len()).collect(),
            Self::SkipPadding(padding) => {
                let mut last = 0;
                let mut number = |id: &i64| {
                    if *id == padding {
                        0
                    } else {
                        last += 1;
                        last
                    }
                };
                ids.iter().map(&mut number).collect()
            }
        }
    }
}

impl PackedBatch {
    /// Packs `batch`; `split_prompts` keeps texts with prompts of different length in different groups.
    ///
    /// Ids and lengths are checked here because a GPU answers an index out of range with a fault that ends the process.
    pub(crate) fn new(
        batch: &[&Tokens],
        limits: Limits,
        split_prompts: bool,
        device: Device,
    ) -> Result<Self, Error> {
        for tokens in batch {
            limits.check(tokens)?;
        }
        let prompt = |tokens: &Tokens| if split_prompts { tokens.prompt } else { 0 };
        let mut order: Vec<usize> = (0..batch.len()).collect();
        order.sort_by_key(|&text| (batch[text].len(), prompt(batch[text])));
        let sorted = || order.iter().map(|&text| batch[text]);
        let groups = grouped(sorted().map(|tokens| (tokens.len(), prompt(tokens))));
        let tokens: usize = batch.iter().map(|tokens| tokens.len()).sum();
        let rows = if device == Device::Cpu { rounded(tokens) } else { tokens };
        let spare = signed(rows - tokens);
        let column = |values: Vec<i64>| column(values, rows, device);
        let ids = column(sorted().flat_map(|tokens| tokens.ids.iter().copied()).collect())?;
        let positions = column(sorted().flat_map(|tokens| limits.numbering.of(&tokens.ids)).collect())?;
        let pairs = batch.iter().any(|tokens| tokens.second < tokens.len());
        let types = pairs.then(|| column(sorted().flat_map(types).collect())).transpose()?;
        Ok(Self { ids, positions, types, groups, spare, order })
    }
}

/// One value a row, zeros for the spare ones, on the device.
fn column(mut values: Vec<i64>, rows: usize, device: Device) -> Result<Tensor, Error> {
    values.resize(rows, 0);
    Ok(Tensor::f_from_slice(&values)?.f_to_device(device)?)
}

/// Token types of one text or pair.
fn types(tokens: &Tokens) -> impl Iterator<Item = i64> {
    let second = tokens.second;
    (0..tokens.len()).map(move |place| i64::from(place >= second))
}

impl Limits {
    fn check(self, tokens: &Tokens) -> Result<(), Error> {
        if tokens.is_empty() {
            return Err(Error::NoTokens);
        }
        if tokens.len() > self.positions {
            return Err(Error::TextTooLong { tokens: tokens.len(), positions: self.positions });
        }
        let known = |id: &i64| usize::try_from(*id).is_ok_and(|id| id < self.vocabulary);
        match tokens.ids.iter().position(|id| !known(id)) {
            Some(index) => {
                Err(Error::TokenOutOfRange { index, id: tokens.ids[index], vocabulary: self.vocabulary })
            }
            None => Ok(()),
        }
    }
}

/// Up to the next eighth of a power of two, and of 8 at least: four sizes an octave, so that a batch of 20 tokens runs as 24
/// and one that fills a budget of 2,048 hardly wastes a row.
fn rounded(rows: usize) -> usize {
    rows.next_multiple_of((rows.next_power_of_two() / 8).max(8))
}

/// Runs of equal `(length, prompt)`.
fn grouped(shapes: impl Iterator<Item = (usize, usize)>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut start = 0;
    for (length, prompt) in shapes {
        let (length, prompt) = (signed(length), signed(prompt.min(length)));
        match groups.last_mut() {
            Some(group) if (group.length, group.prompt) == (length, prompt) => group.texts += 1,
            _ => groups.push(Group { start, texts: 1, length, prompt }),
        }
        start += length;
    }
    groups
}

/// libtorch counts in i64; no slice is longer than that.
pub(crate) fn signed(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { vocabulary: 100, positions: 8, numbering: Numbering::FromZero };

    fn tokens(ids: &[i64]) -> Tokens {
        Tokens::new(ids.to_vec())
    }

    fn pack(batch: &[Tokens]) -> Result<PackedBatch, Error> {
        PackedBatch::new(&batch.iter().collect::<Vec<_>>(), LIMITS, false, Device::Cpu)
    }

    #[test]
    fn texts_are_sorted_by_length_and_grouped() {
        let packed = pack(&[tokens(&[1, 2, 3]), tokens(&[4, 5]), tokens(&[6, 7, 8]), tokens(&[9])]).unwrap();
        assert_eq!(packed.order, [3, 1, 0, 2]);
        let tokens = |packed: &Tensor| Vec::<i64>::try_from(packed).unwrap()[..9].to_vec();
        assert_eq!(tokens(&packed.ids), [9, 4, 5, 1, 2, 3, 6, 7, 8]);
        assert_eq!(tokens(&packed.positions), [0, 0, 1, 0, 1, 2, 0, 1, 2]);
        assert_eq!((packed.spare, packed.ids.size()), (7, vec![16]));
        let shapes: Vec<_> = packed.groups.iter().map(|g| (g.start, g.texts, g.length)).collect();
        assert_eq!(shapes, [(0, 1, 1), (1, 1, 2), (3, 2, 3)]);
    }

    #[test]
    fn batches_of_any_size_come_down_to_a_few_dozen() {
        assert_eq!([1, 8, 20, 64, 65, 1025, 2000, 2048].map(rounded), [8, 8, 24, 64, 80, 1280, 2048, 2048]);
        let sizes: std::collections::BTreeSet<usize> = (1..=4096).map(rounded).collect();
        assert_eq!(sizes.len(), 32);
        assert!((64..=4096).all(|rows| rounded(rows) * 4 <= rows * 5), "more than a quarter is spare");
    }

    #[test]
    fn padding_that_a_text_spells_has_no_position_of_its_own() {
        assert_eq!(Numbering::SkipPadding(1).of(&[0, 7, 1, 8, 2]), [1, 2, 0, 3, 4]);
        assert_eq!(Numbering::FromZero.of(&[0, 1, 1]), [0, 1, 2]);
    }

    #[test]
    fn token_types_are_there_only_where_a_pair_is() {
        assert!(pack(&[tokens(&[1, 2])]).unwrap().types.is_none());
        let pair = Tokens { second: 1, ..tokens(&[3, 4, 5]) };
        let types = pack(&[pair, tokens(&[1])]).unwrap().types.unwrap();
        assert_eq!(Vec::<i64>::try_from(types).unwrap()[..4], [0, 0, 1, 1]);
    }

    #[test]
    fn prompts_split_a_group_only_where_they_matter() {
        let mut prompted = tokens(&[1, 2]);
        prompted.prompt = 1;
        let (batch, plain) = ([&tokens(&[3, 4]), &prompted], |split| {
            PackedBatch::new(&[&tokens(&[3, 4]), &prompted], LIMITS, split, Device::Cpu).unwrap().groups.len()
        });
        assert_eq!((batch.len(), plain(false), plain(true)), (2, 1, 2));
    }

    #[test]
    fn what_would_read_beyond_a_table_is_refused() {
        let error = pack(&[tokens(&[1, 100])]).unwrap_err();
        assert!(error.to_string().contains("Token 1 of a text is 100"), "{error}");
        assert!(pack(&[tokens(&[-1])]).is_err());
        assert!(pack(&[tokens(&[])]).is_err());
        let error = pack(&[tokens(&[1; 9])]).unwrap_err();
        assert!(error.to_string().contains("9 tokens but the model has 8"), "{error}");
    }
}
