//! What Python and transformers' helpers mean by blank, control character, punctuation and digit.
//!
//! Unicode grows: characters that were assigned after the version here are unassigned, thus control characters, to both.

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// `str.isspace` of one character: what Unicode calls white space, and the four separators U+001C to U+001F.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// `str.strip`.
pub(crate) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// `str.split` without a separator.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
}

/// `str.lower` of each character by itself, so that a final sigma is a sigma like any other.
pub(crate) fn lower_each(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// transformers' `_is_control`: every character that is no letter, mark, number, punctuation, symbol or separator.
pub(crate) fn is_control(c: char) -> bool {
    !matches!(c, '\t' | '\n' | '\r') && c.general_category_group() == GeneralCategoryGroup::Other
}

/// transformers' `_is_whitespace`.
pub(crate) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r') || c.general_category() == GeneralCategory::SpaceSeparator
}

/// transformers' `_is_punctuation`: Unicode's, and all of ASCII that is neither letter, digit nor blank.
pub(crate) fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation() || c.general_category_group() == GeneralCategoryGroup::Punctuation
}

/// `str.isdigit` of one character, without the circled and raised digits, which normalising has turned into plain ones.
pub(crate) fn is_digit(c: char) -> bool {
    c.general_category() == GeneralCategory::DecimalNumber
}

/// The text decomposed and without its nonspacing marks.
pub(crate) fn strip_accents(text: &str) -> String {
    text.nfd().filter(|c| c.general_category() != GeneralCategory::NonspacingMark).collect()
}

/// `text` cut so that every punctuation mark stands alone.
pub(crate) fn split_punctuation(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for stretch in text.split_inclusive(is_punctuation) {
        let mark = stretch.chars().next_back().filter(|c| is_punctuation(*c)).map_or(0, char::len_utf8);
        let (word, mark) = stretch.split_at(stretch.len() - mark);
        parts.extend([word, mark].into_iter().filter(|part| !part.is_empty()));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stripping_is_pythons() {
        assert_eq!(strip("\u{1f}\u{85}\u{a0} a b\u{3000}\n"), "a b");
        assert_eq!(strip("\u{200b}a"), "\u{200b}a");
    }

    #[test]
    fn punctuation_stands_alone() {
        assert_eq!(split_punctuation("can't, so…"), ["can", "'", "t", ",", " so", "…"]);
        assert_eq!(split_punctuation("$+"), ["$", "+"]);
    }

    #[test]
    fn lower_case_knows_no_final_sigma() {
        assert_eq!(lower_each("ΟΔΟΣ İ"), "οδοσ i\u{307}");
    }
}
