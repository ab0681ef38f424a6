//! SentencePiece's tokenizers: the text mapped by the model's own character map, spaces written as `▁`, the best pieces.

use tokenizers::models::bpe::BPE;
use tokenizers::models::unigram::Unigram;
use tokenizers::normalizers::replace::ReplacePattern;
use tokenizers::normalizers::{
    Lowercase, NFKD, NormalizerWrapper, Precompiled, Prepend, Replace, Sequence, Strip, StripAccents,
};
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::metaspace::{Metaspace, PrependScheme};
use tokenizers::pre_tokenizers::punctuation::Punctuation;
use tokenizers::pre_tokenizers::sequence::Sequence as Steps;
use tokenizers::{ModelWrapper, SplitDelimiterBehavior, Tokenizer};

use super::broken;
use crate::Error;
use crate::family::Family;
use crate::problem::Problem;
use crate::raw::RawTokenizer;
use crate::sentencepiece::{Algorithm, Charsmap, SPACE, merges};
use crate::vocabulary::{SentencePieces, hashed};

pub(super) fn build(raw: &RawTokenizer<'_>, pieces: &SentencePieces) -> Result<Tokenizer, Error> {
    let mut tokenizer = Tokenizer::new(model(raw, pieces).map_err(|problem| broken(raw, problem))?);
    tokenizer.with_normalizer(normalizer(raw, pieces)?).with_pre_tokenizer(pre_tokenizer(raw)?);
    Ok(tokenizer)
}

/// Only LLaMA's converter hands byte fallback on.
fn model(raw: &RawTokenizer<'_>, pieces: &SentencePieces) -> Result<ModelWrapper, Problem> {
    let (unknown, bytes) = (pieces.model().unknown()?, raw.family == Family::Llama);
    match pieces.model().training.algorithm {
        Algorithm::Unigram => {
            let fairseq = matches!(raw.family, Family::XlmRoberta | Family::Camembert);
            let unknown = if fairseq { 3 } else { unknown };
            Unigram::from(pieces.pieces().to_vec(), Some(unknown), bytes).map(ModelWrapper::from)
        }
        Algorithm::BytePair => {
            let builder = BPE::builder().vocab_and_merges(hashed(pieces.ids()), merges(pieces.pieces())?);
            let unknown = pieces.model().pieces[unknown].text.clone();
            builder.unk_token(unknown).fuse_unk(true).byte_fallback(bytes).build().map(ModelWrapper::from)
        }
    }
    .map_err(Problem::upstream)
}

fn normalizer(raw: &RawTokenizer<'_>, pieces: &SentencePieces) -> Result<Option<Sequence>, Error> {
    let problem = |problem: Problem| broken(raw, problem);
    let charsmap = charsmap(&pieces.model().normalizing.charsmap).map_err(problem)?;
    let mut steps: Vec<NormalizerWrapper> = Vec::new();
    match raw.family {
        Family::Llama => return llama(raw),
        Family::Albert => steps.extend(albert(raw)?),
        Family::DebertaV2 => {
            steps.extend(raw.option("do_lower_case", false)?.then_some(Lowercase.into()));
            steps.push(Strip::new(true, true).into());
        }
        _ => {}
    }
    steps.extend(charsmap.map(NormalizerWrapper::from));
    let own_space = !matches!(raw.family, Family::Albert | Family::DebertaV2);
    steps.extend(own_space.then(|| Strip::new(false, true).into()));
    let space = if own_space { SPACE } else { ' ' };
    steps.push(replace(ReplacePattern::Regex(" {2,}".to_owned()), &space.to_string()).map_err(problem)?);
    Ok(Some(Sequence::new(steps)))
}

/// The character map, checked first: the `tokenizers` crate looks things up in it unchecked.
fn charsmap(bytes: &[u8]) -> Result<Option<Precompiled>, Problem> {
    Charsmap::read(bytes)?;
    let read = |bytes| Precompiled::from(bytes).map_err(|error| Problem::new(format!("{error}.")));
    (!bytes.is_empty()).then_some(bytes).map(read).transpose()
}

fn albert(raw: &RawTokenizer<'_>) -> Result<Vec<NormalizerWrapper>, Error> {
    let quote = |pattern: &str| {
        replace(ReplacePattern::String(pattern.to_owned()), "\"").map_err(|problem| broken(raw, problem))
    };
    let mut steps = vec![quote("``")?, quote("''")?];
    if !raw.option("keep_accents", false)? {
        steps.extend([NFKD.into(), StripAccents.into()]);
    }
    steps.extend(raw.option("do_lower_case", true)?.then_some(Lowercase.into()));
    Ok(steps)
}

fn llama(raw: &RawTokenizer<'_>) -> Result<Option<Sequence>, Error> {
    if !legacy(raw)? {
        return Ok(None);
    }
    let prepend = Prepend::new(SPACE.to_string());
    let mut steps: Vec<_> =
        raw.option("add_prefix_space", true)?.then_some(prepend.into()).into_iter().collect();
    let spaces = replace(ReplacePattern::String(" ".to_owned()), &SPACE.to_string());
    steps.push(spaces.map_err(|problem| broken(raw, problem))?);
    Ok(Some(Sequence::new(steps)))
}

fn replace(pattern: ReplacePattern, content: &str) -> Result<NormalizerWrapper, Problem> {
    Replace::new(pattern, content).map(NormalizerWrapper::from).map_err(Problem::upstream)
}

fn pre_tokenizer(raw: &RawTokenizer<'_>) -> Result<Option<PreTokenizerWrapper>, Error> {
    let mut steps: Vec<PreTokenizerWrapper> = Vec::new();
    if raw.family == Family::DebertaV2 && raw.option("split_by_punct", false)? {
        steps.push(Punctuation::new(SplitDelimiterBehavior::Isolated).into());
    }
    if raw.family == Family::Llama && legacy(raw)? {
        return Ok(None);
    }
    steps.push(Metaspace::new(SPACE, scheme(raw)?, raw.family != Family::Llama).into());
    Ok(Some(Steps::new(steps).into()))
}

/// Only T5 and LLaMA can do without the space in front.
fn scheme(raw: &RawTokenizer<'_>) -> Result<PrependScheme, Error> {
    if !matches!(raw.family, Family::T5 | Family::Llama) {
        return Ok(PrependScheme::Always);
    }
    Ok(match (raw.option("add_prefix_space", true)?, legacy(raw)?) {
        (false, _) => PrependScheme::Never,
        (true, true) => PrependScheme::Always,
        (true, false) => PrependScheme::First,
    })
}

fn legacy(raw: &RawTokenizer<'_>) -> Result<bool, Error> {
    raw.option("legacy", true)
}
