//! Lower-casing before added tokens are looked for: it leaves alone what is spelled like one.

use crate::Error;
use crate::family::Family;
use crate::python;
use crate::raw::RawTokenizer;

/// The spellings that are left alone, where the class lower-cases at all.
#[derive(Debug)]
pub(super) struct LowerCase(Option<Vec<String>>);

impl LowerCase {
    pub(super) fn of(raw: &RawTokenizer<'_>) -> Result<Self, Error> {
        Ok(Self(lowers(raw)?.then(|| spared(raw))))
    }

    pub(super) fn apply(&self, text: String) -> String {
        match &self.0 {
            Some(spared) => lower_around(&text, spared),
            None => text,
        }
    }
}

/// Whether the class has a `do_lower_case` that is on; BERT's only with its basic tokenizer.
fn lowers(raw: &RawTokenizer<'_>) -> Result<bool, Error> {
    match raw.family {
        Family::Bert | Family::Mpnet => {
            Ok(raw.option("do_basic_tokenize", true)? && raw.option("do_lower_case", true)?)
        }
        Family::Albert => raw.option("do_lower_case", true),
        Family::DebertaV2 => raw.option("do_lower_case", false),
        _ => Ok(false),
    }
}

fn spared(raw: &RawTokenizer<'_>) -> Vec<String> {
    let special = raw.special.all().into_iter().map(|token| token.content.clone());
    let plain = raw.added.values().filter(|token| !token.special && token.normalized());
    special.chain(plain.map(|token| token.content.clone())).collect()
}

/// `text` in lower case but for the `spared` spellings.
fn lower_around(text: &str, spared: &[String]) -> String {
    let (mut lowered, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(c) = rest.chars().next() {
        let kept = spared.iter().find(|kept| rest.starts_with(kept.as_str())).map(String::as_str);
        let length = kept.map_or(c.len_utf8(), str::len);
        match kept {
            Some(kept) => lowered.push_str(kept),
            None => lowered.push_str(&python::lower_each(&rest[..length])),
        }
        rest = &rest[length..];
    }
    lowered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_tokens_keep_their_case() {
        assert_eq!(lower_around("Is [CLS] A [cls]?", &["[CLS]".to_owned()]), "is [CLS] a [cls]?");
    }
}
