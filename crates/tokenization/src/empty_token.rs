//! Added tokens that normalise to nothing: the `tokenizers` crate would find one between any two bytes.

use tokenizers::Tokenizer;

use crate::problem::Problem;

/// Whether the token `content` is left with something once `tokenizer` has normalised it, if it is looked for in
/// normalised text.
///
/// # Errors
/// Names the token that isn't.
pub(crate) fn refuse_empty(content: &str, normalized: bool, tokenizer: &Tokenizer) -> Result<(), Problem> {
    let mut normal = tokenizers::NormalizedString::from(content);
    if let (true, Some(normalizer)) = (normalized, tokenizer.get_normalizer()) {
        tokenizers::Normalizer::normalize(normalizer, &mut normal).map_err(Problem::upstream)?;
    }
    match normal.get().is_empty() {
        true => Err(Problem::new(format!("The added token {content:?} normalises to nothing."))),
        false => Ok(()),
    }
}
