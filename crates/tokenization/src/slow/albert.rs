//! ALBERT's own steps around SentencePiece.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

use crate::Error;
use crate::python;
use crate::raw::RawTokenizer;
use crate::sentencepiece::{EncodedPiece, Processor, SPACE};
use crate::vocabulary::digit_comma;

/// See the module.
#[derive(Debug)]
pub(super) struct Albert {
    remove_space: bool,
    keep_accents: bool,
    lower: bool,
}

impl Albert {
    pub(super) fn of(raw: &RawTokenizer<'_>) -> Result<Self, Error> {
        Ok(Self {
            remove_space: raw.option("remove_space", true)?,
            keep_accents: raw.option("keep_accents", false)?,
            lower: raw.option("do_lower_case", true)?,
        })
    }

    pub(super) fn encode(&self, text: &str, processor: &Processor) -> Result<Vec<EncodedPiece>, Error> {
        let mut pieces = Vec::new();
        for piece in processor.encode(&self.plain(text))? {
            match digit_comma(&piece.text) {
                true => pieces.extend(without_comma(&piece.text, processor)?),
                false => pieces.push(piece),
            }
        }
        Ok(pieces)
    }

    fn plain(&self, text: &str) -> String {
        let text = if self.remove_space {
            python::words(text).collect::<Vec<_>>().join(" ")
        } else {
            text.to_owned()
        };
        let mut text = text.replace("``", "\"").replace("''", "\"");
        if !self.keep_accents {
            text = text.nfkd().filter(|c| canonical_combining_class(*c) == 0).collect();
        }
        if self.lower { text.to_lowercase() } else { text }
    }
}

/// `9,` is the digits encoded anew, and the comma.
fn without_comma(piece: &str, processor: &Processor) -> Result<Vec<EncodedPiece>, Error> {
    let digits = piece.strip_suffix(',').unwrap_or(piece).replace(SPACE, "");
    let mut pieces = processor.encode(&digits)?;
    let invented =
        !piece.starts_with(SPACE) && pieces.first().is_some_and(|first| first.text.starts_with(SPACE));
    if invented {
        let rest = pieces.remove(0).text.split_off(SPACE.len_utf8());
        let id = processor.id(&rest);
        pieces.splice(..0, (!rest.is_empty()).then_some(EncodedPiece { text: rest, id }));
    }
    pieces.push(EncodedPiece { text: ",".to_owned(), id: processor.id(",") });
    Ok(pieces)
}
