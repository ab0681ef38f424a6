//! GPT-2's tokenizer and its descendants: stretches of letters, digits or marks, written as bytes, joined pair by pair.

use tokenizers::models::bpe::BPE;
use tokenizers::normalizers::NFC;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{SplitDelimiterBehavior, Tokenizer};

use super::broken;
use crate::Error;
use crate::family::Family;
use crate::problem::Problem;
use crate::raw::RawTokenizer;
use crate::vocabulary::{BytePair, hashed};

/// How Qwen2 cuts a text, from its tokenizer in transformers.
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

pub(super) fn build(raw: &RawTokenizer<'_>, pairs: &BytePair) -> Result<Tokenizer, Error> {
    let prefix = raw.option("add_prefix_space", false)?;
    let mut tokenizer = without_prefix(raw, pairs)?;
    if prefix && raw.family != Family::Qwen2 {
        tokenizer.with_pre_tokenizer(Some(ByteLevel::new(true, true, true)));
    }
    Ok(tokenizer)
}

/// The same without a space in front, whatever the files ask for.
pub(crate) fn without_prefix(raw: &RawTokenizer<'_>, pairs: &BytePair) -> Result<Tokenizer, Error> {
    let builder = BPE::builder().vocab_and_merges(hashed(pairs.ids()), pairs.merges().to_vec());
    let builder = builder.continuing_subword_prefix(String::new()).end_of_word_suffix(String::new());
    let model = builder.build().map_err(|error| broken(raw, Problem::upstream(error)))?;
    let mut tokenizer = Tokenizer::new(model);
    if raw.family == Family::Qwen2 {
        let cut = qwen2().map_err(|error| broken(raw, Problem::upstream(error)))?;
        tokenizer.with_normalizer(Some(NFC)).with_pre_tokenizer(Some(cut));
    } else {
        tokenizer.with_pre_tokenizer(Some(ByteLevel::new(false, true, true)));
    }
    Ok(tokenizer)
}

fn qwen2() -> tokenizers::Result<Sequence> {
    let pattern = SplitPattern::Regex(QWEN2.to_owned());
    let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false)?;
    let bytes = ByteLevel::new(false, true, false);
    Ok(Sequence::new(vec![PreTokenizerWrapper::Split(split), PreTokenizerWrapper::ByteLevel(bytes)]))
}
