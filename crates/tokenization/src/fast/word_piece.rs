//! BERT's tokenizer: words and punctuation, then the longest pieces from the left.

use tokenizers::Tokenizer;
use tokenizers::models::wordpiece::WordPiece as Model;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;

use super::broken;
use crate::Error;
use crate::problem::Problem;
use crate::raw::RawTokenizer;
use crate::special_token::Role;
use crate::vocabulary::{WordPiece, hashed};

pub(super) fn build(raw: &RawTokenizer<'_>, words: &WordPiece) -> Result<Tokenizer, Error> {
    let unknown = raw.special.named(Role::Unk).unwrap_or_default().to_owned();
    let builder = Model::builder().vocab(hashed(words.ids())).unk_token(unknown);
    let model = builder.build().map_err(|error| broken(raw, Problem::upstream(error)))?;
    let mut tokenizer = Tokenizer::new(model);
    tokenizer.with_normalizer(Some(normalizer(raw)?)).with_pre_tokenizer(Some(BertPreTokenizer));
    Ok(tokenizer)
}

/// Control characters go even where `do_basic_tokenize` is off.
fn normalizer(raw: &RawTokenizer<'_>) -> Result<BertNormalizer, Error> {
    let basic = raw.option("do_basic_tokenize", true)?;
    let chinese = basic && raw.option("tokenize_chinese_chars", true)?;
    let accents = if basic { raw.open_option("strip_accents")? } else { Some(false) };
    let lower = basic && raw.option("do_lower_case", true)?;
    Ok(BertNormalizer::new(true, chinese, accents, lower))
}
