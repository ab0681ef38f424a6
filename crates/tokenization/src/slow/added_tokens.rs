//! Cutting a text at its added tokens, as the Python class does: the earliest first, of those the longest, and then the
//! blanks that a token takes along.

use std::collections::{BTreeMap, HashMap};

use aho_corasick::{AhoCorasick, MatchKind};

use crate::Error;
use crate::python;
use crate::special_token::AddedToken;

/// See the module.
#[derive(Debug)]
pub(super) struct AddedTokens {
    tokens: HashMap<String, (u32, AddedToken)>,
    search: AhoCorasick,
}

/// A stretch of a text: an added token, or what is between two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    Added(u32),
    Text(String),
}

impl AddedTokens {
    pub(super) fn new(added: &BTreeMap<u32, AddedToken>) -> Result<Self, Error> {
        let tokens: HashMap<_, _> =
            added.iter().map(|(id, token)| (token.content.clone(), (*id, token.clone()))).collect();
        let contents = tokens.keys().filter(|content| !content.is_empty());
        let search = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(contents);
        Ok(Self { tokens, search: search.map_err(|error| Error::Text(error.to_string()))? })
    }

    /// The id of the added token `content`.
    pub(super) fn id(&self, content: &str) -> Option<u32> {
        self.tokens.get(content).map(|(id, _)| *id)
    }

    pub(super) fn split(&self, text: &str) -> Vec<Segment> {
        let mut parts = self.cut(text);
        for index in 0..parts.len() {
            if let Some((_, token)) = self.tokens.get(&parts[index]) {
                take_blanks(token, index, &mut parts);
                join_word(token, index, &mut parts);
            }
        }
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        parts.map(|part| self.id(&part).map_or(Segment::Text(part), Segment::Added)).collect()
    }

    fn cut(&self, text: &str) -> Vec<String> {
        let (mut parts, mut end) = (Vec::new(), 0);
        for found in self.search.find_iter(text) {
            parts.extend([&text[end..found.start()], &text[found.range()]]);
            end = found.end();
        }
        parts.push(&text[end..]);
        parts.into_iter().filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }
}

fn take_blanks(token: &AddedToken, index: usize, parts: &mut [String]) {
    if let (true, Some(right)) = (token.rstrip, parts.get_mut(index + 1)) {
        *right = right.trim_start_matches(python::is_space).to_owned();
    }
    if let (true, Some(left)) = (token.lstrip, index.checked_sub(1).and_then(|left| parts.get_mut(left))) {
        left.truncate(left.trim_end_matches(python::is_space).len());
    }
}

/// A token that is found only between words becomes a part of the word it touches. The class looks at the neighbours as
/// they were before blanks were taken.
fn join_word(token: &AddedToken, index: usize, parts: &mut [String]) {
    if !token.single_word {
        return;
    }
    let left = index.checked_sub(1).filter(|left| parts[*left].ends_with(|c| c != ' '));
    let right = (index + 1 < parts.len())
        .then_some(index + 1)
        .filter(|right| parts[*right].starts_with(|c| c != ' '));
    if let Some(left) = left {
        parts[left].push_str(&token.content);
        parts[index].clear();
    } else if let Some(right) = right {
        parts[right].insert_str(0, &token.content);
        parts[index].clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens() -> AddedTokens {
        let mask = AddedToken { lstrip: true, ..AddedToken::special("<mask>") };
        let word = AddedToken { single_word: true, ..AddedToken::special("ab") };
        let added = [(1, AddedToken::special("<s>")), (2, mask), (3, word), (4, AddedToken::special("<s>x"))];
        AddedTokens::new(&added.into()).unwrap()
    }

    fn text(text: &str) -> Segment {
        Segment::Text(text.to_owned())
    }

    #[test]
    fn the_longest_of_the_earliest_is_found() {
        assert_eq!(
            tokens().split("a<s>b <s>xy"),
            [text("a"), Segment::Added(1), text("b "), Segment::Added(4), text("y")]
        );
    }

    #[test]
    fn a_mask_takes_the_blanks_in_front() {
        assert_eq!(tokens().split("a \t<mask> b"), [text("a"), Segment::Added(2), text(" b")]);
        assert_eq!(tokens().split("  <mask>"), [Segment::Added(2)]);
    }

    #[test]
    fn a_token_inside_a_word_is_none_if_it_wants_to_stand_alone() {
        assert_eq!(tokens().split("x ab y"), [text("x "), Segment::Added(3), text(" y")]);
        assert_eq!(tokens().split("xab y"), [text("xab"), text(" y")]);
    }
}
